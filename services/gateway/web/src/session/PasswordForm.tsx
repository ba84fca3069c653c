/** A new password, twice, and the old one where there is one. */
import { Alert, Button, PasswordInput, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

export const SHORTEST_PASSWORD = 10;

interface Props {
  askOld: boolean;
  pending: boolean;
  problem: string | null;
  onSubmit: (passwords: { old: string; fresh: string }) => void;
}

export function PasswordForm({ askOld, pending, problem, onSubmit }: Props) {
  const { t } = useTranslation();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const short = fresh.length < SHORTEST_PASSWORD;
  const differs = again !== fresh;

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!short && !differs) onSubmit({ old, fresh });
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        {problem && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        {askOld && (
          <PasswordInput
            label={t('password.old')}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
            required
            withAsterisk={false}
            value={old}
            onChange={(event) => setOld(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={t('password.new')}
          description={t('password.rule')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          required
          withAsterisk={false}
          value={fresh}
          error={tried && short ? t('password.short') : null}
          onChange={(event) => setFresh(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('password.repeat')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          required
          withAsterisk={false}
          value={again}
          error={tried && differs ? t('password.differs') : null}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        <Button type="submit" loading={pending}>
          {t('password.submit')}
        </Button>
      </Stack>
    </form>
  );
}
