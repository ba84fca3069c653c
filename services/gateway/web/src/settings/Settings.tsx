/** The settings area: the map on the left, the chosen kind beside it. Only administrators come here (UI-02). */
import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { IconArrowLeft, IconChevronLeft } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Route, Routes, useLocation, useParams } from 'react-router';
import type { KindInfo } from '../api/types';
import { Failure } from '../frame/Failure';
import { Guard } from '../frame/Guard';
import { NotFound } from '../frame/NotFound';
import { useKinds } from './data';
import { GROUPS, isKind, type Kind, PAGES } from './map';
import { AdminLog } from './pages/AdminLog';
import { ApiKeys } from './pages/ApiKeys';
import { type Fresh, FreshContext } from './pages/fresh';
import { MutedContacts } from './pages/MutedContacts';
import { ObjectList } from './pages/ObjectList';
import { ObjectPage } from './pages/ObjectPage';
import { SingletonPage } from './pages/SingletonPage';
import classes from './settings.module.css';
import './texts';

export default function Settings() {
  const { t } = useTranslation();
  const kinds = useKinds();
  const { pathname } = useLocation();
  const fresh = useState<Fresh | null>(null);
  const onMap = /^\/settings\/?$/.test(pathname);
  return (
    <FreshContext value={fresh}>
      <div className={classes.settings} data-screen={onMap ? 'map' : 'page'}>
        {onMap && <h1 className="unseen">{t('settings.title')}</h1>}
        <nav className={classes.nav} aria-label={t('settings.label')}>
          <Button
            component={Link}
            to="/"
            variant="subtle"
            size="xs"
            leftSection={<IconArrowLeft size={16} aria-hidden />}
          >
            {t('app.backToConversations')}
          </Button>
          {kinds.isPending && <Skeletons />}
          {kinds.isError && (
            <Failure title={t('settings.failed')} error={kinds.error} retry={() => void kinds.refetch()} />
          )}
          {kinds.data && <SettingsMap kinds={kinds.data} />}
        </nav>
        <div className={classes.page}>
          <div className={classes.inner}>
            {!onMap && (
              <Button
                component={Link}
                to="/settings"
                hiddenFrom="sm"
                variant="subtle"
                size="xs"
                mb="xs"
                leftSection={<IconChevronLeft size={16} aria-hidden />}
              >
                {t('settings.title')}
              </Button>
            )}
            <Guard key={pathname}>
              {kinds.data ? <Pages kinds={kinds.data} /> : kinds.isPending ? <Skeletons /> : null}
            </Guard>
          </div>
        </div>
      </div>
    </FreshContext>
  );
}

function SettingsMap({ kinds }: { kinds: readonly KindInfo[] }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const known = new Set<string>([...kinds.map((one) => one.kind), ...PAGES]);
  return GROUPS.map((group) => {
    const shown = group.kinds.filter((kind) => known.has(kind));
    if (shown.length === 0) return null;
    return (
      <section key={group.name}>
        <h2 className={classes.group}>{t(`settings.groups.${group.name}`)}</h2>
        <ul className={classes.links}>
          {shown.map((kind) => (
            <li key={kind}>
              <Link
                className={classes.link}
                to={`/settings/${kind}`}
                aria-current={pathname.split('/')[2] === kind ? 'page' : undefined}
              >
                {t(`settings.kinds.${kind as Kind}`)}
              </Link>
            </li>
          ))}
        </ul>
      </section>
    );
  });
}

function Pages({ kinds }: { kinds: readonly KindInfo[] }) {
  const { t } = useTranslation();
  return (
    <Routes>
      <Route index element={<Text c="dimmed">{t('settings.choose')}</Text>} />
      <Route path="muting" element={<MutedContacts />} />
      <Route path="keys" element={<ApiKeys />} />
      <Route path="admin-log" element={<AdminLog />} />
      <Route path=":kind" element={<KindRoute kinds={kinds} />} />
      <Route path=":kind/:id" element={<ObjectRoute kinds={kinds} />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}

function KindRoute({ kinds }: { kinds: readonly KindInfo[] }) {
  const { kind } = useParams();
  const info = kinds.find((one) => one.kind === kind);
  if (!info || !isKind(info.kind)) return <NotFound />;
  return info.singleton ? <SingletonPage key={kind} info={info} /> : <ObjectList key={kind} info={info} />;
}

function ObjectRoute({ kinds }: { kinds: readonly KindInfo[] }) {
  const { kind, id } = useParams();
  const info = kinds.find((one) => one.kind === kind);
  if (!info || info.singleton || !id || !isKind(info.kind)) return <NotFound />;
  return <ObjectPage key={`${kind} ${id}`} info={info} id={id === 'new' ? null : id} />;
}

function Skeletons() {
  return (
    <Stack p="sm">
      <Skeleton h={16} w="70%" />
      <Skeleton h={16} w="50%" />
      <Skeleton h={16} w="60%" />
    </Stack>
  );
}
