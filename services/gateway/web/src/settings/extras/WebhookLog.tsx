/** Deliveries of a webhook: what went, what failed and why, with its payload; sending one again; a test event. */
import { Badge, Button, Code, Group, Modal, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { IconRefresh, IconSend } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, withQuery } from '../../api/http';
import type { Stored } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { dateAndTime, exactTime } from '../../i18n/format';
import { toast, toastProblem } from '../../lib/toast';
import classes from '../settings.module.css';

interface Delivery {
  id: string;
  type: string;
  status: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  created_at: string;
  next_at: string | null;
  code: number | null;
  milliseconds: number | null;
  error: string;
  excerpt: string;
  masked: boolean;
  payload: unknown;
}

function readDelivery(of: wire.Wire): Delivery {
  const status = of.status === 'delivered' || of.status === 'failed' ? of.status : 'waiting';
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    id: text(of.id),
    type: text(of.type),
    status,
    attempts: Number(of.attempts ?? 0),
    created_at: text(of.created_at),
    next_at: text(of.next_at) || null,
    code: typeof of.code === 'number' ? of.code : null,
    milliseconds: typeof of.milliseconds === 'number' ? of.milliseconds : null,
    error: text(of.error),
    excerpt: text(of.excerpt),
    masked: of.masked === true,
    payload: of.payload ?? null,
  };
}

const COLOURS = { waiting: 'blue', delivered: 'teal', failed: 'red' } as const;

export function WebhookLog({ stored }: { stored: Stored }) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const client = useQueryClient();
  const [status, setStatus] = useState('all');
  const [open, setOpen] = useState<string | null>(null);
  const base = `/api/webhooks/${encodeURIComponent(stored.id)}`;
  const log = useInfiniteQuery({
    queryKey: ['webhook-log', stored.id, status],
    queryFn: async ({ pageParam }) =>
      wire.page(readDelivery)(
        await call(
          'GET',
          withQuery(`${base}/deliveries`, {
            status: status === 'all' ? null : status,
            after: pageParam,
            limit: 20,
          }),
        ),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const refresh = () => void client.invalidateQueries({ queryKey: ['webhook-log', stored.id] });
  const test = useMutation({
    mutationFn: () => call('POST', `${base}/test`, { body: {} }),
    onSuccess: () => {
      toast(t('webhook.tested'));
      refresh();
    },
    onError: toastProblem,
  });
  const items = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={t('webhook.log')}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Text fw={600} component="h2" size="md">
            {t('webhook.log')}
          </Text>
          <Group gap="xs">
            <Button
              size="xs"
              variant="default"
              loading={log.isRefetching}
              leftSection={<IconRefresh size={15} aria-hidden />}
              onClick={refresh}
            >
              {t('webhook.refresh')}
            </Button>
            <Button
              size="xs"
              variant="default"
              disabled={stored.value.enabled === false}
              loading={test.isPending}
              leftSection={<IconSend size={15} aria-hidden />}
              onClick={() => test.mutate()}
            >
              {t('webhook.test')}
            </Button>
          </Group>
        </Group>
        <SegmentedControl
          size="xs"
          w="fit-content"
          aria-label={t('webhook.status')}
          value={status}
          onChange={setStatus}
          data={(['all', 'waiting', 'delivered', 'failed'] as const).map((value) => ({
            value,
            label: t(`webhook.statuses.${value}`),
          }))}
        />
        {log.isPending && <Skeleton h={60} />}
        {log.isError && (
          <Failure title={t('webhook.failedToLoad')} error={log.error} retry={() => void log.refetch()} />
        )}
        {log.data && items.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('webhook.none')}
          </Text>
        )}
        <ul className={classes.history}>
          {items.map((delivery) => (
            <li key={delivery.id} className={classes.event}>
              <Group gap="xs" justify="space-between" wrap="nowrap" align="flex-start">
                <div style={{ minWidth: 0 }}>
                  <Badge size="sm" variant="light" color={COLOURS[delivery.status]} tt="none">
                    {t(`webhook.statuses.${delivery.status}`)}
                  </Badge>{' '}
                  <Code>{delivery.type}</Code>{' '}
                  <time dateTime={delivery.created_at} title={exactTime(delivery.created_at)}>
                    {dateAndTime(delivery.created_at)}
                  </time>
                  <Text size="xs" c="dimmed">
                    {[
                      t('webhook.attempts', { count: delivery.attempts }),
                      delivery.code !== null && `HTTP ${delivery.code}`,
                      delivery.milliseconds !== null && `${Math.round(delivery.milliseconds)} ms`,
                      delivery.error,
                      delivery.status === 'waiting' &&
                        delivery.next_at &&
                        t('webhook.next', { time: dateAndTime(delivery.next_at) }),
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </Text>
                </div>
                <Button size="compact-xs" variant="subtle" onClick={() => setOpen(delivery.id)}>
                  {t('webhook.show')}
                </Button>
              </Group>
            </li>
          ))}
        </ul>
        {log.hasNextPage && (
          <Button
            size="xs"
            variant="default"
            w="fit-content"
            loading={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            {general('app.more')}
          </Button>
        )}
      </Stack>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        size="lg"
        title={t('webhook.delivery')}
        closeButtonProps={{ 'aria-label': general('app.close') }}
      >
        {open && <OneDelivery base={base} id={open} onSent={refresh} off={stored.value.enabled === false} />}
      </Modal>
    </section>
  );
}

function OneDelivery({
  base,
  id,
  onSent,
  off,
}: {
  base: string;
  id: string;
  onSent: () => void;
  off: boolean;
}) {
  const { t } = useTranslation('admin');
  const path = `${base}/deliveries/${encodeURIComponent(id)}`;
  const delivery = useQuery({
    queryKey: ['webhook-delivery', id],
    queryFn: async () => readDelivery(wire.record(await call('GET', path))),
    staleTime: 0,
  });
  const again = useMutation({
    mutationFn: () => call('POST', `${path}/redeliver`, { body: {} }),
    onSuccess: () => {
      toast(t('webhook.again_'));
      void delivery.refetch();
      onSent();
    },
    onError: toastProblem,
  });
  if (delivery.isPending) return <Skeleton h={120} />;
  if (delivery.isError)
    return (
      <Failure
        title={t('webhook.failedToLoad')}
        error={delivery.error}
        retry={() => void delivery.refetch()}
      />
    );
  const { masked, payload, excerpt, error } = delivery.data;
  return (
    <Stack gap="xs">
      {masked && (
        <Text size="sm" c="dimmed">
          {t('webhook.masked')}
        </Text>
      )}
      <Text size="sm" fw={600}>
        {t('webhook.payload')}
      </Text>
      <Code block mah={320} style={{ overflow: 'auto' }} tabIndex={0}>
        {payload === null ? '–' : JSON.stringify(payload, null, 2)}
      </Code>
      {(excerpt || error) && (
        <>
          <Text size="sm" fw={600}>
            {t('webhook.answer')}
          </Text>
          <Code block>{excerpt || error}</Code>
        </>
      )}
      <Group justify="flex-end">
        <Button
          size="xs"
          disabled={off}
          loading={again.isPending}
          leftSection={<IconSend size={15} aria-hidden />}
          onClick={() => again.mutate()}
        >
          {t('webhook.redeliver')}
        </Button>
      </Group>
    </Stack>
  );
}
