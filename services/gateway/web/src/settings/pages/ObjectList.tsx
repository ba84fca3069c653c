/** The objects of a kind, by name, with a search. */
import { Badge, Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { KindInfo, Stored } from '../../api/types';
import { record } from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { nameOf, useObjects } from '../data';
import type { Kind } from '../map';
import classes from '../settings.module.css';
import { useSchemaWords } from '../words';

export function ObjectList({ info }: { info: KindInfo }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const objects = useObjects(info.kind);
  const wanted = search.trim().toLocaleLowerCase();
  const found = objects.data?.filter((stored) => nameOf(stored).toLocaleLowerCase().includes(wanted)) ?? [];
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
      {found.length > 0 && (
        <ul className={classes.list}>
          {found.map((stored) => (
            <li key={stored.id}>
              <Link className={classes.row} to={`/settings/${info.kind}/${stored.id}`}>
                {typeof stored.value.colour === 'string' && (
                  <span className={classes.dot} style={{ background: stored.value.colour }} aria-hidden />
                )}
                <span className={classes.name}>{nameOf(stored)}</span>
                <Marks stored={stored} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}

/** What one wants to see of an object without opening it. */
function Marks({ stored }: { stored: Stored }) {
  const { t } = useTranslation();
  const { valueWord } = useSchemaWords();
  const { value } = stored;
  const medium = record(value.config).medium;
  const marks: string[] = [];
  if (typeof medium === 'string') marks.push(valueWord('medium', medium));
  if (typeof value.role === 'string') marks.push(valueWord('role', value.role));
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
