/** In-app notifications with their unread count (AG-10). */
import { ActionIcon, Button, Group, Indicator, Popover, Text, UnstyledButton } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call } from '../api/http';
import { useNotifications } from '../api/queries';
import type { Notification } from '../api/types';
import { shortDuration } from '../i18n/format';
import { useNow } from '../lib/clock';
import { toastProblem } from '../lib/toast';
import { Failure } from './Failure';
import classes from './frame.module.css';

const KINDS = [
  'assigned',
  'mention',
  'sla_warned',
  'sla_breached',
  'boomerang_fired',
  'reply_failed',
  'rule',
  'webhook_off',
  'virtual_agent_failing',
  'automation_stopped',
  'mailbox_failing',
] as const;

function useWords() {
  const { t } = useTranslation();
  return (notification: Notification) => {
    const kind = KINDS.find((one) => one === notification.kind) ?? 'other';
    const name = notification.contact_name || t('contact.somebody');
    return t(`bell.kinds.${kind}`, { name, by: notification.by?.name || t('trail.actors.agent') });
  };
}

export function Bell() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const now = useNow();
  const [opened, setOpened] = useState(false);
  const words = useWords();
  const { data, isError, error, refetch } = useNotifications();
  const unread = data?.unread ?? 0;
  const read = useMutation({
    mutationFn: (what: { ids: string[] } | { all: true }) =>
      call('POST', '/api/notifications/read', { body: what }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['notifications'] }),
    onError: toastProblem,
  });

  function open(notification: Notification) {
    setOpened(false);
    if (!notification.read) read.mutate({ ids: [notification.id] });
    if (notification.conversation) navigate(`/c/${notification.conversation}`);
  }

  const label = unread ? `${t('bell.label')}: ${t('bell.unread', { count: unread })}` : t('bell.label');
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={340}
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={label}
          style={{ overflow: 'visible' }}
          onClick={() => setOpened(!opened)}
        >
          <Indicator disabled={!unread} label={unread > 99 ? '99+' : unread} size={17} color="red" offset={1}>
            <IconBell size={20} aria-hidden />
          </Indicator>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('bell.label')} p={4}>
        <Group justify="space-between" px="sm" py={4}>
          <Text size="sm" fw={600}>
            {t('bell.label')}
          </Text>
          {unread > 0 && (
            <Button
              variant="subtle"
              size="compact-xs"
              loading={read.isPending}
              onClick={() => read.mutate({ all: true })}
            >
              {t('bell.readAll')}
            </Button>
          )}
        </Group>
        {isError && <Failure title={t('problem.failed')} error={error} retry={() => void refetch()} />}
        {data?.items.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {t('bell.empty')}
          </Text>
        )}
        <ul className={classes.notifications}>
          {data?.items.map((notification) => (
            <li key={notification.id}>
              <UnstyledButton
                className={classes.notification ?? ''}
                data-unread={!notification.read || undefined}
                onClick={() => open(notification)}
              >
                <Text size="sm" fw={notification.read ? 400 : 600} lineClamp={2}>
                  {words(notification)}
                </Text>
                {notification.text && (
                  <Text size="xs" c="dimmed" lineClamp={1}>
                    {notification.text}
                  </Text>
                )}
                <Text size="xs" c="dimmed">
                  {t('queue.since', { time: shortDuration(now - Date.parse(notification.at)) })}
                </Text>
              </UnstyledButton>
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
