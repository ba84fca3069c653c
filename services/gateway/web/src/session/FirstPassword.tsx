/** The first sign-in with a one-time password: nothing else is shown until it is changed. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../api/http';
import type { Session } from '../api/types';
import { problemText } from '../lib/problems';
import { Card } from './Card';
import { PasswordForm } from './PasswordForm';

export function FirstPassword({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: ({ old, fresh }: { old: string; fresh: string }) =>
      call('POST', '/api/session/password', { body: { old, new: fresh } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
  return (
    <Card title={t('password.title')} hint={`${session.user.email} · ${t('password.first')}`}>
      <PasswordForm
        askOld
        pending={change.isPending}
        problem={change.isError ? problemText(t, change.error) : null}
        onSubmit={(passwords) => change.mutate(passwords)}
      />
    </Card>
  );
}
