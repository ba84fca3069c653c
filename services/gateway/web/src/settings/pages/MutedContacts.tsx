/** Contacts that are muted, with their history and the way back (CH-11). */
import { Anchor, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call, withQuery } from '../../api/http';
import type { Contact } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { toastProblem } from '../../lib/toast';
import { useNames } from '../../session/context';
import classes from '../settings.module.css';

export function MutedContacts() {
  const { t } = useTranslation();
  const { t: admin } = useTranslation('admin');
  const muted = useInfiniteQuery({
    queryKey: ['muted'],
    queryFn: async ({ pageParam }) =>
      wire.page<Contact>(wire.contact)(
        await call('GET', withQuery('/api/contacts/muted', { after: pageParam })),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const contacts = muted.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack>
      <div>
        <Title order={1} size="h3">
          {t('settings.kinds.muting')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('settings.about.muting')}
        </Text>
      </div>
      {muted.isPending && <Skeleton h={120} />}
      {muted.isError && (
        <Failure title={admin('muted.failed')} error={muted.error} retry={() => void muted.refetch()} />
      )}
      {muted.data && contacts.length === 0 && <Text c="dimmed">{admin('muted.none')}</Text>}
      {contacts.length > 0 && (
        <ul className={classes.list}>
          {contacts.flatMap((contact) =>
            contact.muted_on.map((channel) => (
              <Line key={`${contact.id} ${channel}`} contact={contact} channel={channel} />
            )),
          )}
        </ul>
      )}
      {muted.hasNextPage && (
        <Button
          variant="default"
          loading={muted.isFetchingNextPage}
          onClick={() => void muted.fetchNextPage()}
        >
          {t('app.more')}
        </Button>
      )}
    </Stack>
  );
}

function Line({ contact, channel }: { contact: Contact; channel: string }) {
  const { t } = useTranslation('admin');
  const client = useQueryClient();
  const names = useNames();
  const name = contact.name || t('muted.unnamed', { code: contact.id.slice(-4).toUpperCase() });
  const where = names.channels.get(channel)?.name ?? channel;
  const unmute = useMutation({
    mutationFn: () => call('DELETE', `/api/contacts/${contact.id}/mutes/${encodeURIComponent(channel)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['muted'] }),
    onError: toastProblem,
  });
  const history = useQuery({
    queryKey: ['contact', contact.id],
    queryFn: async () => wire.contactRead(await call('GET', `/api/contacts/${contact.id}`)),
    enabled: false,
  });
  const latest = history.data?.conversations[0]?.id;
  return (
    <li className={classes.row}>
      <span className={classes.name}>{name}</span>
      <Text size="sm" c="dimmed">
        {where}
      </Text>
      <Group gap={4} wrap="nowrap">
        {latest ? (
          <Anchor component={Link} to={`/c/${latest}/contact`} size="sm">
            {t('muted.history')} ({history.data?.conversations.length})
          </Anchor>
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            loading={history.isFetching}
            onClick={() => void history.refetch()}
          >
            {t('muted.history')}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          loading={unmute.isPending}
          aria-label={t('muted.unmuteOn', { name, channel: where })}
          onClick={() => unmute.mutate()}
        >
          {t('muted.unmute')}
        </Button>
      </Group>
    </li>
  );
}
