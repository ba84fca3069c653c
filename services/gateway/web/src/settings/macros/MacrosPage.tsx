/** Macros of one's own, for everybody who answers; those of all are the administrators' (AU-22). */
import { Anchor, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, Route, Routes, useParams } from 'react-router';
import { call } from '../../api/http';
import type { KindInfo } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { useSession } from '../../session/context';
import { type Macro, useMacroList } from '../../workspace/macros';
import classes from '../settings.module.css';
import '../texts';
import { OwnMacro } from './OwnMacro';
import { ownForm } from './ownForm';

export default function MacrosPage() {
  return (
    <div className={classes.page} style={{ height: '100%' }}>
      <div className={classes.inner} style={{ margin: '0 auto' }}>
        <Routes>
          <Route index element={<MacroList />} />
          <Route path=":id" element={<OneMacro />} />
          <Route path="*" element={<Navigate to="/macros" replace />} />
        </Routes>
      </div>
    </div>
  );
}

function MacroList() {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const { role } = useSession().user;
  const macros = useMacroList();
  const own = macros.data?.filter((macro) => macro.own) ?? [];
  const shared = macros.data?.filter((macro) => !macro.own) ?? [];
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h3">
            {t('macros.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('macros.hint')}
          </Text>
        </div>
        <Button component={Link} to="/macros/new" leftSection={<IconPlus size={16} aria-hidden />}>
          {general('settings.new')}
        </Button>
      </Group>
      {macros.isPending && <Skeleton h={120} role="status" aria-label={general('app.loading')} />}
      {macros.isError && (
        <Failure title={t('macros.failed')} error={macros.error} retry={() => void macros.refetch()} />
      )}
      {macros.data && own.length === 0 && <Text c="dimmed">{t('macros.none')}</Text>}
      {own.length > 0 && (
        <ul className={classes.list} aria-label={t('macros.title')}>
          {own.map(({ id, name }) => (
            <li key={id}>
              <Link className={classes.row} to={`/macros/${id}`}>
                <span className={classes.name}>{name}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {shared.length > 0 && <Shared macros={shared} editable={role === 'admin'} />}
    </Stack>
  );
}

function Shared({ macros, editable }: { macros: readonly Macro[]; editable: boolean }) {
  const { t } = useTranslation('admin');
  return (
    <section aria-label={t('macros.shared')}>
      <Group justify="space-between" mb={4}>
        <Text component="h2" size="sm" fw={600}>
          {t('macros.shared')}
        </Text>
        {editable && (
          <Anchor component={Link} to="/settings/macros" size="sm">
            {t('macros.sharedSettings')}
          </Anchor>
        )}
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {macros.map(({ name }) => name).join(' · ')}
      </Text>
    </section>
  );
}

function OneMacro() {
  const { id } = useParams();
  const { t } = useTranslation();
  const { user } = useSession();
  const macros = useMacroList();
  const form = useQuery({
    queryKey: ['macro-form', user.role],
    queryFn: async (): Promise<KindInfo> =>
      ownForm(wire.kind(wire.record(await call('GET', '/api/macros/form'))), user.role === 'admin'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const failed = macros.isError ? macros : form.isError ? form : null;
  if (failed)
    return <Failure title={t('settings.failed')} error={failed.error} retry={() => void failed.refetch()} />;
  if (!macros.data || !form.data) return <Skeleton h={300} role="status" aria-label={t('app.loading')} />;
  const stored = macros.data.find((macro) => macro.id === id && macro.own)?.stored ?? null;
  if (stored === null && id !== 'new') return <Navigate to="/macros" replace />;
  return <OwnMacro key={id} info={form.data} stored={stored} />;
}
