/** The page of a set-up link: /setup#token=… (the fragment never reaches a server's log). */
import { Alert, Anchor, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, call } from '../api/http';
import { problemText } from '../lib/problems';
import { Card } from './Card';
import { PasswordForm } from './PasswordForm';

function tokenInAddress(): string {
  return (
    new URLSearchParams(location.hash.slice(1)).get('token') ??
    new URLSearchParams(location.search).get('token') ??
    ''
  );
}

export function SetUp() {
  const { t } = useTranslation();
  const [token] = useState(tokenInAddress);
  const setUp = useMutation({
    mutationFn: (password: string) => call('POST', '/api/password', { body: { token, password } }),
    // One is signed in by it; the page begins anew without the token in its address.
    onSuccess: () => location.replace('/'),
  });
  const problem = setUp.isError ? asProblem(setUp.error) : null;
  // A refusal without a field is about the link itself.
  const linkIsBad = token === '' || (problem !== null && !problem.passing && problem.errors.length === 0);

  return (
    <Card title={t('password.setUpTitle')} {...(linkIsBad ? {} : { hint: t('password.setUpHint') })}>
      {linkIsBad ? (
        <Stack>
          <Alert color="red" role="alert">
            {t('password.linkBad')}
          </Alert>
          <Anchor href="/">{t('password.toSignIn')}</Anchor>
        </Stack>
      ) : (
        <PasswordForm
          askOld={false}
          pending={setUp.isPending || setUp.isSuccess}
          problem={setUp.isError ? problemText(t, setUp.error) : null}
          onSubmit={({ fresh }) => setUp.mutate(fresh)}
        />
      )}
    </Card>
  );
}
