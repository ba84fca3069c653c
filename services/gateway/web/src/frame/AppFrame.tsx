/** Header, connection banner, live region, and the page below them. */
import { IconMessages, IconMoodSmile, IconSettings } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { useAnnouncement } from '../lib/announce';
import { useLiveState } from '../live/LiveProvider';
import { useSession } from '../session/context';
import { AccountMenu } from './AccountMenu';
import { Availability } from './Availability';
import { Bell } from './Bell';
import classes from './frame.module.css';
import { Guard } from './Guard';
import { Logo } from './Logo';
import { ShortcutProvider, useShortcutHelp } from './shortcuts';

export function AppFrame({ children }: { children: ReactNode }) {
  return (
    <ShortcutProvider>
      <Frame>{children}</Frame>
    </ShortcutProvider>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { user, has_access } = useSession();
  const help = useShortcutHelp();
  const { pathname } = useLocation();
  const inSettings = pathname.startsWith('/settings');
  const inFigures = pathname.startsWith('/satisfaction');
  return (
    <div className={classes.frame}>
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <header className={classes.header}>
        <Link to="/" className={classes.brand} aria-label={t('app.name')}>
          <Logo />
          <span className={classes.brandText}>{t('app.name')}</span>
        </Link>
        <nav className={classes.links} aria-label={t('app.name')}>
          <Link
            className={classes.link}
            to="/"
            aria-current={pathname === '/' || pathname.startsWith('/c/') ? 'page' : undefined}
            aria-label={t('app.conversations')}
          >
            <IconMessages size={18} aria-hidden />
            <span className={classes.linkText}>{t('app.conversations')}</span>
          </Link>
          {has_access && (
            <Link
              className={classes.link}
              to="/satisfaction"
              aria-current={inFigures ? 'page' : undefined}
              aria-label={t('figures.title')}
            >
              <IconMoodSmile size={18} aria-hidden />
              <span className={classes.linkText}>{t('figures.title')}</span>
            </Link>
          )}
          {user.role === 'admin' && (
            <Link
              className={classes.link}
              to="/settings"
              aria-current={inSettings ? 'page' : undefined}
              aria-label={t('app.settings')}
            >
              <IconSettings size={18} aria-hidden />
              <span className={classes.linkText}>{t('app.settings')}</span>
            </Link>
          )}
        </nav>
        <Availability />
        <Bell />
        <AccountMenu onHelp={help} />
      </header>
      <ConnectionBanner />
      <main className={classes.main} id="main" tabIndex={-1}>
        <Guard>{children}</Guard>
      </main>
      <LiveRegion />
    </div>
  );
}

function LiveRegion() {
  const said = useAnnouncement();
  return (
    <div className="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}

/** A short loss is not worth a word; after two seconds the page says so. */
function ConnectionBanner() {
  const { t } = useTranslation();
  const state = useLiveState();
  const lost = state === 'waiting';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      if (state === 'open') setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), 2000);
    return () => clearTimeout(timer);
  }, [lost, state]);
  return (
    <div className={classes.banner} role="status">
      {shown ? t(navigator.onLine ? 'live.waiting' : 'live.offline') : null}
    </div>
  );
}
