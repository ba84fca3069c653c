/** One message or note of the timeline. */
import { ActionIcon, Anchor, Badge, Button, Menu } from '@mantine/core';
import {
  IconAlertCircle,
  IconBan,
  IconCheck,
  IconChecks,
  IconClock,
  IconCopy,
  IconCornerUpLeft,
  IconDots,
  IconExternalLink,
  IconEyeOff,
  IconHistory,
  IconLock,
  IconPaperclip,
  IconPencil,
  IconRobot,
  IconTrash,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Attachment, Delivery, Message } from '../../api/types';
import { dateAndTime, exactTime, fileSize, timeOfDay } from '../../i18n/format';
import { said } from '../../i18n/said';
import type { Names } from '../../session/context';
import classes from './conversation.module.css';
import { HtmlMessage } from './HtmlMessage';
import { Linked } from './Linked';

export interface MessageActions {
  retry: (message: Message) => void;
  retrying: string | null;
  mask: ((message: Message) => void) | null;
  copy: (message: Message) => void;
  replyTo: ((message: Message) => void) | null;
  editNote: (message: Message) => void;
  deleteNote: (message: Message) => void;
  mayEdit: (message: Message) => boolean;
  /** Further replies to its post do not enter any more (CH-10). */
  block: ((message: Message) => void) | null;
  /** What an edited note said before (WF-18). */
  versions: (message: Message) => void;
}

interface Props {
  message: Message;
  quoted: Message | undefined;
  names: Names;
  contactName: string;
  actions: MessageActions;
}

export function MessageItem({ message, quoted, names, contactName, actions }: Props) {
  const { t } = useTranslation();
  const name = useAuthor(message, names, contactName);
  const look = [classes.message, classes[message.direction], message.automatic ? classes.automatic : ''].join(
    ' ',
  );
  const isNote = message.direction === 'internal';
  const gone = message.masked_at !== null || message.deleted;
  return (
    <li
      className={look}
      data-message={message.id}
      data-inbound={message.direction === 'inbound' ? message.id : undefined}
    >
      <div className={`${classes.meta} ${classes.by}`}>
        {isNote && <IconLock size={13} aria-hidden />}
        {message.author.kind === 'virtual_agent' && (
          <IconRobot size={14} role="img" aria-label={t('trail.actors.virtual_agent')} />
        )}
        <b>{isNote ? t('timeline.noteBy', { name }) : name}</b>
        <time dateTime={message.sent_at} title={exactTime(message.sent_at)}>
          {timeOfDay(message.sent_at)}
        </time>
        {!isNote && <MessageKind message={message} />}
        {message.automatic && <span>{t('timeline.automatic')}</span>}
        {message.automatic_reply && <span>{t('timeline.autoReply')}</span>}
        {message.edited_at && !gone && (
          <span title={exactTime(message.edited_at)}>{t('timeline.edited')}</span>
        )}
        {!gone && <MessageMenu message={message} actions={actions} />}
      </div>
      {gone ? <Shell message={message} /> : <Body message={message} quoted={quoted} />}
      <Foot message={message} actions={actions} />
    </li>
  );
}

const KINDS = ['direct', 'chat', 'mail', 'comment', 'post', 'mention', 'reply', 'review', 'note'] as const;

/** What it is on its network; a public one links back to it (CH-05). */
function MessageKind({ message }: { message: Message }) {
  const { t } = useTranslation();
  const kind = KINDS.find((one) => one === message.kind);
  const words = kind ? t(`messageKind.${kind}`) : message.kind;
  if (!words) return null;
  const linked = message.visibility === 'public' && message.link && /^https?:/.test(message.link);
  return (
    <span className={classes.kind}>
      {linked && message.link ? (
        <Anchor
          href={message.link}
          target="_blank"
          rel="noopener noreferrer"
          fz="inherit"
          aria-label={`${words}: ${t('timeline.openOnNetwork')}`}
        >
          {words} <IconExternalLink size={12} aria-hidden style={{ verticalAlign: '-1px' }} />
        </Anchor>
      ) : (
        words
      )}
    </span>
  );
}

function useAuthor(message: Message, names: Names, contactName: string): string {
  const { t } = useTranslation();
  const { author } = message;
  if (author.kind === 'contact') return author.name || contactName;
  return author.name || names.agents.get(author.id)?.name || t(`trail.actors.${author.kind}`);
}

/** What stays of a masked message or a deleted note (PR-03). */
function Shell({ message }: { message: Message }) {
  const { t } = useTranslation();
  const words = message.masked_at
    ? t('timeline.masked', {
        name: message.masked_by?.name || t('trail.actors.agent'),
        time: dateAndTime(message.masked_at),
      })
    : t('timeline.deleted');
  return <div className={`${classes.bubble} ${classes.shell}`}>{words}</div>;
}

function Body({ message, quoted }: { message: Message; quoted: Message | undefined }) {
  return (
    <div className={classes.bubble}>
      {quoted && (
        <span className={classes.quote}>{quoted.masked_at ? '[…]' : quoted.text.slice(0, 160)}</span>
      )}
      {message.subject && <b>{`${message.subject}\n`}</b>}
      <Linked text={message.text} />
      {message.html && <HtmlMessage message={message} />}
      {message.attachments.filter(shown).map((attachment, index) => (
        <File
          key={attachment.id ?? `${attachment.name} ${index}`}
          attachment={attachment}
          conversation={message.conversation}
        />
      ))}
    </div>
  );
}

/** A picture that the mail shows in its place is no file of its own, unless it could not be kept. */
function shown(attachment: Attachment): boolean {
  return !attachment.inline || attachment.problem !== null;
}

function File({ attachment, conversation }: { attachment: Attachment; conversation: string }) {
  const { t } = useTranslation();
  const name = attachment.name || attachment.type;
  const size = attachment.size === null ? '' : ` (${fileSize(attachment.size)})`;
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 6, marginTop: 4 }}>
      <IconPaperclip size={15} aria-hidden />
      {attachment.id ? (
        <Anchor
          href={`/api/conversations/${conversation}/attachments/${attachment.id}`}
          download={name}
          fz="sm"
          aria-label={t('timeline.attachment', { name })}
        >
          {name}
          {size}
        </Anchor>
      ) : (
        <span>
          {name} · {attachment.problem ? said(attachment.problem) : t('timeline.noAttachment')}
        </span>
      )}
    </span>
  );
}

function Foot({ message, actions }: { message: Message; actions: MessageActions }) {
  const { t } = useTranslation();
  const { delivery } = message;
  const broken = delivery === 'failed' || delivery === 'uncertain';
  if (!delivery && message.tags.length === 0) return null;
  return (
    <div className={classes.meta}>
      {message.tags.map((tag) => (
        <Badge key={tag} size="xs" variant="light" color="gray" tt="none">
          {tag}
        </Badge>
      ))}
      {delivery && (
        <span
          className={broken ? classes.failed : ''}
          style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}
        >
          <DeliveryIcon delivery={delivery} />
          {t(`timeline.delivery.${delivery}`)}
          {broken && message.failure ? `: ${said(message.failure)}` : ''}
        </span>
      )}
      {broken && (
        <Button
          size="compact-xs"
          variant="light"
          color="red"
          loading={actions.retrying === message.id}
          onClick={() => actions.retry(message)}
        >
          {delivery === 'uncertain' ? t('timeline.retryUncertain') : t('timeline.retry')}
        </Button>
      )}
    </div>
  );
}

function DeliveryIcon({ delivery }: { delivery: Delivery }) {
  switch (delivery) {
    case 'queued':
    case 'sending':
      return <IconClock size={13} aria-hidden />;
    case 'sent':
      return <IconCheck size={13} aria-hidden />;
    case 'delivered':
    case 'read':
      return <IconChecks size={13} aria-hidden />;
    default:
      return <IconAlertCircle size={13} aria-hidden />;
  }
}

function MessageMenu({ message, actions }: { message: Message; actions: MessageActions }) {
  const { t } = useTranslation();
  const note = message.direction === 'internal';
  const { mask, replyTo } = actions;
  return (
    <Menu position="bottom-start" shadow="md">
      <Menu.Target>
        <ActionIcon
          className={classes.menu ?? ''}
          variant="subtle"
          color="gray"
          size={22}
          aria-label={t('timeline.messageMenu')}
        >
          <IconDots size={15} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {replyTo && message.direction === 'inbound' && (
          <Menu.Item
            leftSection={<IconCornerUpLeft size={15} aria-hidden />}
            onClick={() => replyTo(message)}
          >
            {t('timeline.replyTo')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconCopy size={15} aria-hidden />} onClick={() => actions.copy(message)}>
          {t('timeline.copyText')}
        </Menu.Item>
        {message.link && /^https?:/.test(message.link) && (
          <Menu.Item
            component="a"
            href={message.link}
            target="_blank"
            rel="noopener noreferrer"
            leftSection={<IconExternalLink size={15} aria-hidden />}
          >
            {t('timeline.openOnNetwork')}
          </Menu.Item>
        )}
        {note && message.edited_at && (
          <Menu.Item
            leftSection={<IconHistory size={15} aria-hidden />}
            onClick={() => actions.versions(message)}
          >
            {t('timeline.versions')}
          </Menu.Item>
        )}
        {note && actions.mayEdit(message) && (
          <>
            <Menu.Item
              leftSection={<IconPencil size={15} aria-hidden />}
              onClick={() => actions.editNote(message)}
            >
              {t('timeline.editNote')}
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={15} aria-hidden />}
              onClick={() => actions.deleteNote(message)}
            >
              {t('timeline.deleteNote')}
            </Menu.Item>
          </>
        )}
        {actions.block && message.direction === 'inbound' && message.visibility === 'public' && (
          <Menu.Item
            color="red"
            leftSection={<IconBan size={15} aria-hidden />}
            onClick={() => actions.block?.(message)}
          >
            {t('conversation.blockThread')}
          </Menu.Item>
        )}
        {mask && (
          <Menu.Item
            color="red"
            leftSection={<IconEyeOff size={15} aria-hidden />}
            onClick={() => mask(message)}
          >
            {t('timeline.mask')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
