/** One conversation in the queue. */
import { Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconFlame, IconStarFilled, IconWorld } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Row } from '../../api/types';
import { coming, initials, languageName, shortDuration } from '../../i18n/format';
import { useNow } from '../../lib/clock';
import { type Names, useSession } from '../../session/context';
import { Chip } from '../Chip';
import { MediumIcon } from '../MediumIcon';
import { contactName } from '../words';
import classes from './queue.module.css';
import { SlaChip } from './SlaChip';

type T = TFunction;

interface Props {
  row: Row;
  names: Names;
  current: boolean;
}

export function QueueRow({ row, names, current }: Props) {
  const { t } = useTranslation();
  const channel = names.channels.get(row.channel);
  return (
    <Link
      to={`/c/${row.id}`}
      className={classes.row}
      aria-current={current ? 'true' : undefined}
      data-conversation={row.id}
    >
      <span className={classes.line}>
        <MediumIcon medium={row.medium} channel={channel?.name ?? ''} />
        {row.visibility === 'public' && (
          <IconWorld size={14} role="img" aria-label={t('visibility.public')} />
        )}
        <span className={classes.name}>{contactName(t, row)}</span>
        {row.vip && (
          <IconStarFilled size={13} className={classes.vip} role="img" aria-label={t('contact.vip')} />
        )}
        <Waiting row={row} />
      </span>
      <Preview row={row} />
      <Marks row={row} names={names} />
    </Link>
  );
}

function Waiting({ row }: { row: Row }) {
  const { t } = useTranslation();
  const now = useNow();
  const since =
    row.status === 'new'
      ? (row.waiting_since ?? row.status_since)
      : (row.last_message_at ?? row.status_since);
  if (!since) return null;
  const time = shortDuration(now - Date.parse(since));
  const words = row.status === 'new' ? t('queue.waiting', { time }) : t('queue.since', { time });
  return (
    <span className={classes.time} title={words}>
      <span aria-hidden>{time}</span>
      <span className="unseen">{words}</span>
    </span>
  );
}

function Preview({ row }: { row: Row }) {
  const { t } = useTranslation();
  const by =
    row.preview_by === 'agent'
      ? t('queue.agentWrote')
      : row.preview_by === 'note'
        ? t('queue.noteWritten')
        : '';
  return (
    <span className={classes.preview}>
      {by && <b>{by} </b>}
      {row.preview || previewless(t, row)}
    </span>
  );
}

function previewless(t: T, row: Row): string {
  if (row.preview_masked) return t('queue.maskedText');
  if (row.preview_attachments > 0) return t('queue.files', { count: row.preview_attachments });
  return row.subject ?? t('queue.noText');
}

function Marks({ row, names }: { row: Row; names: Names }) {
  const { t } = useTranslation();
  const topics = row.topics.slice(0, 2).map((id) => names.topics.get(id));
  return (
    <span className={classes.marks}>
      {row.sla && row.status === 'new' && <SlaChip sla={row.sla} />}
      <Priority row={row} names={names} />
      {row.boomerang && <Boomerang at={row.boomerang.at} note={row.boomerang.note} />}
      {row.language && (
        <span className={classes.chip} title={languageName(row.language)}>
          <span aria-hidden>{row.language.toUpperCase()}</span>
          <span className="unseen">{languageName(row.language)}</span>
        </span>
      )}
      {topics.map(
        (topic) =>
          topic && (
            <span key={topic.id} className={classes.topic}>
              <Chip name={topic.name} colour={topic.colour} />
            </span>
          ),
      )}
      {row.topics.length > 2 && <span className={classes.chip}>+{row.topics.length - 2}</span>}
      <span className={classes.push}>
        <OwnerMark row={row} names={names} label={row.status === 'new' ? 'waitingOn' : 'ownedBy'} t={t} />
      </span>
    </span>
  );
}

function OwnerMark({
  row,
  names,
  label,
  t,
}: {
  row: Row;
  names: Names;
  label: 'waitingOn' | 'ownedBy';
  t: T;
}) {
  const me = useSession().user.id;
  if (row.owner === null) return null;
  const name = names.owner(row.owner);
  const said = t(`queue.${label}`, { name });
  return (
    <span className={`${classes.owner} ${row.owner.id === me ? classes.mine : ''}`} title={said}>
      <span aria-hidden>{initials(name)}</span>
      <span className="unseen">{said}</span>
    </span>
  );
}

/** What raised the score, by name where an entry names a topic, channel or label (RT-14). */
export function priorityWords(t: T, row: Row, names: Names): string {
  const matches = row.priority.matches.map((match) => {
    const id = match.includes(':') ? match.slice(match.indexOf(':') + 1) : match;
    return names.topics.get(id)?.name ?? names.channels.get(id)?.name ?? match;
  });
  if (row.priority.boost !== 0) matches.push(t('queue.boost', { boost: row.priority.boost }));
  return matches.length
    ? t('queue.priorityWhy', { score: row.priority.score, matches: matches.join(', ') })
    : t('queue.priority', { score: row.priority.score });
}

export function Priority({ row, names }: { row: Row; names: Names }) {
  const { t } = useTranslation();
  if (row.priority.score === 0) return null;
  const words = priorityWords(t, row, names);
  return (
    <Tooltip label={words} multiline maw={300}>
      <span className={`${classes.chip} ${classes.priority}`}>
        <IconFlame size={13} aria-hidden />
        <span aria-hidden>{row.priority.score}</span>
        <span className="unseen">{words}</span>
      </span>
    </Tooltip>
  );
}

function Boomerang({ at, note }: { at: string; note: string }) {
  const { t } = useTranslation();
  const time = coming(at, useNow());
  const words = t('queue.boomerang', { time });
  return (
    <Tooltip label={note ? `${words}: ${note}` : words} multiline maw={300}>
      <span className={classes.chip}>
        <IconArrowBackUp size={13} aria-hidden />
        <span>{time}</span>
      </span>
    </Tooltip>
  );
}
