/** Asks why a conversation is resolved (WF-24). */
import { Button, Group, Modal, Radio, Stack } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../session/context';

interface Props {
  opened: boolean;
  title: string;
  pending: boolean;
  onClose: () => void;
  onResolve: (reason: string | null) => void;
}

const NO_REASON = '-';

export function ReasonDialog({ opened, title, pending, onClose, onResolve }: Props) {
  const { t } = useTranslation();
  const { reasons, resolve_reasons } = useSession().workspace;
  const [reason, setReason] = useState<string>('');
  const [tried, setTried] = useState(false);
  useEffect(() => {
    if (opened) {
      setReason(resolve_reasons.required ? '' : NO_REASON);
      setTried(false);
    }
  }, [opened, resolve_reasons.required]);

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (reason !== '') onResolve(reason === NO_REASON ? null : reason);
  }

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Radio.Group
            label={t('conversation.reason')}
            value={reason}
            onChange={setReason}
            error={tried && reason === '' ? t('conversation.reasonNeeded') : null}
          >
            <Stack gap="xs" mt="xs">
              {reasons.map((one, index) => (
                <Radio
                  key={one.id}
                  value={one.id}
                  label={one.name}
                  data-autofocus={index === 0 || undefined}
                />
              ))}
              {!resolve_reasons.required && <Radio value={NO_REASON} label={t('conversation.reasonNone')} />}
            </Stack>
          </Radio.Group>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" loading={pending}>
              {t('conversation.resolve')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
