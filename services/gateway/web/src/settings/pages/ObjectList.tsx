/** The objects of a kind, by name, with a search. */
import { Badge, Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconPlus, IconSearch } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/http';
import type { KindInfo, Stored } from '../../api/types';
import { record } from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { toastProblem } from '../../lib/toast';
import { nameOf, useObjects } from '../data';
import { OrderButtons } from '../form/parts';
import { moved } from '../form/values';
import type { Kind } from '../map';
import classes from '../settings.module.css';
import { useSchemaWords } from '../words';

export function ObjectList({ info }: { info: KindInfo }) {
  const { t } = useTranslation();
  const { t: admin } = useTranslation('admin');
  const [search, setSearch] = useState('');
  const objects = useObjects(info.kind);
  const wanted = search.trim().toLocaleLowerCase();
  const ordered = 'position' in record(info.schema.properties);
  const order = useOrder(info.kind);
  const found = inOrder(
    objects.data?.filter((stored) => nameOf(stored).toLocaleLowerCase().includes(wanted)) ?? [],
    ordered,
  );
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h3">
            {t(`settings.kinds.${info.kind as Kind}`)}
          </Title>
          <Text size="sm" c="dimmed">
            {t(`settings.about.${info.kind as Kind}`)}
          </Text>
        </div>
        <Button
          component={Link}
          to={`/settings/${info.kind}/new`}
          leftSection={<IconPlus size={16} aria-hidden />}
        >
          {t('settings.new')}
        </Button>
      </Group>
      {(objects.data?.length ?? 0) > 8 && (
        <TextInput
          maw={320}
          aria-label={t('settings.search')}
          placeholder={t('settings.search')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {objects.isPending && <Skeleton h={120} />}
      {objects.isError && (
        <Failure title={t('settings.failed')} error={objects.error} retry={() => void objects.refetch()} />
      )}
      {objects.data && found.length === 0 && (
        <Text c="dimmed">
          {objects.data.length ? t('settings.noMatch') : `${t('settings.empty')} ${t('settings.emptyHint')}`}
        </Text>
      )}
      {ordered && found.length > 1 && (
        <Text size="xs" c="dimmed">
          {admin('order.hint')}
        </Text>
      )}
      {found.length > 0 && (
        <ul className={classes.list} aria-busy={order.isPending}>
          {found.map((stored, index) => (
            <li key={stored.id} className={ordered ? classes.order : undefined}>
              <Link className={classes.row} to={`/settings/${info.kind}/${stored.id}`}>
                {typeof stored.value.colour === 'string' && (
                  <span className={classes.dot} style={{ background: stored.value.colour }} aria-hidden />
                )}
                <span className={classes.name}>{nameOf(stored)}</span>
                <Marks info={info} stored={stored} />
              </Link>
              {ordered && wanted === '' && found.length > 1 && (
                <OrderButtons
                  name={nameOf(stored)}
                  first={index === 0}
                  last={index === found.length - 1}
                  disabled={order.isPending}
                  onMove={(by) => order.mutate(moved(found, index, index + by))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}

function placeOf(stored: Stored): number {
  return typeof stored.value.position === 'number' ? stored.value.position : 0;
}

/** As they take effect: by place, then as they came. */
export function inOrder(objects: readonly Stored[], ordered: boolean): Stored[] {
  return ordered ? objects.toSorted((a, b) => placeOf(a) - placeOf(b)) : [...objects];
}

/** Saves the place of whatever does not stand in it; everything else stays untouched. */
function useOrder(kind: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (order: Stored[]) => {
      for (const [position, stored] of order.entries())
        if (placeOf(stored) !== position)
          await call('PUT', `/api/settings/${kind}/${encodeURIComponent(stored.id)}`, {
            body: { ...stored.value, position },
            version: stored.version,
          });
    },
    onError: toastProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ['settings', kind], exact: true }),
  });
}

/** What one wants to see of an object without opening it. */
function Marks({ info, stored }: { info: KindInfo; stored: Stored }) {
  const { t } = useTranslation();
  const { valueWord } = useSchemaWords();
  const { value } = stored;
  const medium = record(value.config).medium;
  const marks: string[] = [];
  if (typeof medium === 'string') marks.push(valueWord('medium', medium));
  if (typeof value.role === 'string') marks.push(valueWord('role', value.role));
  if (typeof value.event === 'string') marks.push(valueWord('event', value.event));
  if (typeof value.activation === 'string') marks.push(valueWord('activation', value.activation));
  if (info.kind === 'macros') marks.push(t(value.user ? 'settings.macro.own' : 'settings.macro.shared'));
  if (value.activated === false) marks.push(t('settings.user.invited'));
  if (value.active === false) marks.push(t('settings.user.inactive'));
  if (value.enabled === false) marks.push(t('settings.form.off'));
  return (
    <>
      {marks.map((mark) => (
        <Badge key={mark} variant="light" color="gray" tt="none">
          {mark}
        </Badge>
      ))}
      {stored.broken.length > 0 && (
        <IconAlertTriangle
          size={18}
          color="var(--mantine-color-orange-6)"
          role="img"
          aria-label={t('settings.broken', { what: stored.broken.join(', ') })}
        />
      )}
    </>
  );
}
