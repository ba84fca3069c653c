/** Which page is shown to whom. */
import { Center, Loader } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { whenSignedOut } from './api/http';
import { enter, useSessionQuery } from './api/queries';
import type { Session } from './api/types';
import { AppFrame } from './frame/AppFrame';
import { FailedPage } from './frame/FailedPage';
import { NotFound } from './frame/NotFound';
import { chosen, speak } from './i18n';
import { LiveProvider } from './live/LiveProvider';
import { SessionContext } from './session/context';
import { FirstPassword } from './session/FirstPassword';
import { NoAccess } from './session/NoAccess';
import { SetUp } from './session/SetUp';
import { SignIn } from './session/SignIn';
import { Workspace } from './workspace/Workspace';

const FiguresPage = lazy(() => import('./figures/FiguresPage'));
const Macros = lazy(() => import('./settings/macros/MacrosPage'));
const Settings = lazy(() => import('./settings/Settings'));

export function Waiting() {
  const { t } = useTranslation();
  return (
    <Center h="100%" mih={200} role="status" aria-label={t('app.loading')}>
      <Loader type="dots" />
    </Center>
  );
}

export function App() {
  if (useLocation().pathname === '/setup') return <SetUp />;
  return <SignedIn />;
}

function SignedIn() {
  const client = useQueryClient();
  const session = useSessionQuery();
  useEffect(() => whenSignedOut(() => enter(client, null)), [client]);

  const language = session.data?.user.language;
  useEffect(() => {
    if (language && !chosen()) void speak(language, false);
  }, [language]);

  if (session.isPending) return <Waiting />;
  if (session.isError) return <FailedPage error={session.error} retry={() => void session.refetch()} />;
  if (session.data === null) return <SignIn />;
  if (session.data.user.must_change_password) return <FirstPassword session={session.data} />;
  return (
    <InSession session={session.data}>
      <Pages session={session.data} />
    </InSession>
  );
}

function InSession({ session, children }: { session: Session; children: ReactNode }) {
  return (
    <SessionContext value={session}>
      <LiveProvider>
        <AppFrame>{children}</AppFrame>
      </LiveProvider>
    </SessionContext>
  );
}

function Pages({ session }: { session: Session }) {
  const workspace = session.has_access ? <Workspace /> : <NoAccess />;
  return (
    <Suspense fallback={<Waiting />}>
      <Routes>
        <Route path="/" element={workspace} />
        <Route path="/c/:id" element={workspace} />
        <Route path="/c/:id/contact" element={workspace} />
        <Route
          path="/settings/*"
          element={session.user.role === 'admin' ? <Settings /> : <Navigate to="/" replace />}
        />
        <Route path="/macros/*" element={session.has_access ? <Macros /> : <NoAccess />} />
        <Route path="/satisfaction" element={session.has_access ? <FiguresPage /> : <NoAccess />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Suspense>
  );
}
