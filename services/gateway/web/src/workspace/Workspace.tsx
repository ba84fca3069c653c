/** The agent's workspace: queue, conversation, contact (UI-03); on a phone one screen at a time. */
import { Center, Stack, Text } from '@mantine/core';
import { IconMessages } from '@tabler/icons-react';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate, useParams } from 'react-router';
import { useRows } from '../api/queries';
import { asFilters, type Choices, NO_CHOICES } from '../api/rows';
import { Guard } from '../frame/Guard';
import { useShortcuts } from '../frame/shortcuts';
import { usePreference } from '../lib/preferences';
import { useStored } from '../lib/stored';
import { useSession } from '../session/context';
import { ContactPanel } from './contact/ContactPanel';
import { Conversation } from './conversation/Conversation';
import { Queue } from './queue/Queue';
import classes from './workspace.module.css';

function useQueue() {
  const { workspace } = useSession();
  const [kept, setKept] = usePreference<Choices>('queue', NO_CHOICES);
  // What was deleted since, or is not visible any more, filters nothing.
  const choices = useMemo<Choices>(() => {
    const known = new Set(
      [...workspace.channels, ...workspace.teams, ...workspace.topics].map((one) => one.id),
    );
    const held = { ...NO_CHOICES, ...kept };
    const still = (id: string | null) => (id !== null && known.has(id) ? id : null);
    return {
      ...held,
      channel: still(held.channel),
      team: still(held.team),
      topic: still(held.topic),
    };
  }, [kept, workspace]);
  const filters = useMemo(() => asFilters(choices), [choices]);
  const rows = useRows(filters);
  const items = useMemo(() => rows.data?.pages.flatMap((page) => page.items) ?? [], [rows.data]);
  return { choices, setChoices: setKept, rows, items };
}

/** The conversation to go to when one moves from `current` by `step`; a row that left keeps its place. */
function useNeighbour(items: readonly { id: string }[], current: string | null) {
  const place = useRef(-1);
  const index = items.findIndex((row) => row.id === current);
  if (index >= 0) place.current = index;
  return (step: 1 | -1): string | null => {
    if (items.length === 0) return null;
    const from = index >= 0 ? index + step : place.current + (step > 0 ? 0 : -1);
    return items[Math.max(0, Math.min(items.length - 1, from))]?.id ?? null;
  };
}

export function Workspace() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const current = useParams().id ?? null;
  const { choices, setChoices, rows, items } = useQueue();
  const [aside, setAside] = useStored('switchboard.aside', window.innerWidth > 1200);
  const neighbour = useNeighbour(items, current);
  const onContact = pathname.endsWith('/contact');
  const screen = current === null ? 'queue' : onContact ? 'contact' : 'conversation';

  function go(step: 1 | -1) {
    const id = neighbour(step);
    if (id && id !== current) navigate(`/c/${id}`);
  }
  useShortcuts({ j: () => go(1), k: () => go(-1) });

  const showAside = current !== null && (aside || onContact);
  return (
    <div className={classes.workspace} data-screen={screen} data-aside={showAside ? 'shown' : 'hidden'}>
      {screen !== 'conversation' && <h1 className="unseen">{t('app.conversations')}</h1>}
      <section className={`${classes.pane} ${classes.queue}`} aria-label={t('queue.label')}>
        <Guard>
          <Queue filters={choices} onFilters={setChoices} rows={rows} items={items} current={current} />
        </Guard>
      </section>
      <section className={`${classes.pane} ${classes.centre}`} aria-label={t('conversation.label')}>
        <Guard key={current}>
          {current ? (
            <Conversation id={current} aside={aside} onAside={() => setAside(!aside)} />
          ) : (
            <Center h="100%" p="lg">
              <Stack align="center" gap={6} c="dimmed">
                <IconMessages size={44} stroke={1.2} aria-hidden />
                <Text>{t('conversation.none')}</Text>
                <Text size="sm">{t('conversation.noneHint')}</Text>
              </Stack>
            </Center>
          )}
        </Guard>
      </section>
      {showAside && (
        <aside className={`${classes.pane} ${classes.aside}`} aria-label={t('contact.label')}>
          <Guard key={current}>
            <ContactPanel
              id={current}
              onClose={() => (onContact ? navigate(`/c/${current}`) : setAside(false))}
            />
          </Guard>
        </aside>
      )}
    </div>
  );
}
