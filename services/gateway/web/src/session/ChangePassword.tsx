/** Changing one's password from the account menu. */
import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../api/http';
import { problemText } from '../lib/problems';
import { toast } from '../lib/toast';
import { PasswordForm } from './PasswordForm';

export function ChangePassword({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const change = useMutation({
    mutationFn: ({ old, fresh }: { old: string; fresh: string }) =>
      call('POST', '/api/session/password', { body: { old, new: fresh } }),
    onSuccess: () => {
      toast(t('password.done'));
      onClose();
    },
  });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('password.title')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <PasswordForm
        askOld
        pending={change.isPending}
        problem={change.isError ? problemText(t, change.error) : null}
        onSubmit={(passwords) => change.mutate(passwords)}
      />
    </Modal>
  );
}
