/** The conversation's header: who, where, status, owner, topics, actions. */
import { ActionIcon, Badge, Collapse, Menu, Switch, Tooltip } from '@mantine/core';
import {
  IconArrowBackUp,
  IconChevronLeft,
  IconCopy,
  IconDots,
  IconHistory,
  IconLayoutSidebarRight,
  IconMessages,
  IconMinus,
  IconPlus,
  IconStarFilled,
  IconUserCircle,
  IconWorld,
  IconX,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Row } from '../../api/types';
import { coming, dateAndTime } from '../../i18n/format';
import { useNow } from '../../lib/clock';
import { useStored } from '../../lib/stored';
import { type Names, type Rights, useSession } from '../../session/context';
import { MacroMenu } from '../MacroMenu';
import { MediumIcon } from '../MediumIcon';
import { Priority } from '../queue/QueueRow';
import queueClasses from '../queue/queue.module.css';
import { SlaChip } from '../queue/SlaChip';
import { contactName, statusWord } from '../words';
import { ActionsPanel, NameChips } from './ActionsPanel';
import classes from './conversation.module.css';
import { OwnerPicker } from './OwnerPicker';
import { StatusButtons } from './StatusButtons';
import type { Acting } from './useAct';

interface Props {
  row: Row;
  names: Names;
  rights: Rights;
  acting: Acting;
  vip: boolean;
  aside: boolean;
  onAside: () => void;
  audit: boolean;
  onAudit: (shown: boolean) => void;
  onCopy: () => void;
  seen: () => string | null;
  history: boolean;
  onHistory: (shown: boolean) => void;
}

const COLOURS = { triage: 'gray', bot: 'grape', new: 'blue', pending: 'orange', resolved: 'green' } as const;

export function Header(props: Props) {
  const { t } = useTranslation();
  const { row, names, rights, acting, audit, onAudit } = props;
  const [open, setOpen] = useStored('switchboard.actions', false);
  return (
    <div className={classes.head}>
      <div className={classes.title}>
        <Who row={row} names={names} vip={props.vip} />
        <div className={classes.buttons}>
          {rights.triage && <MacroMenu rows={[row]} seen={props.seen} size={30} onConflict={acting.stale} />}
          <StatusButtons row={row} rights={rights} acting={acting} />
        </div>
        <Tools {...props} />
      </div>
      <div className={classes.marks}>
        <OwnerPicker row={row} names={names} acting={acting} disabled={!rights.assign} />
        {row.sla && row.status === 'new' && <SlaChip sla={row.sla} />}
        <Priority row={row} names={names} />
        {row.boomerang && <BoomerangChip row={row} rights={rights} acting={acting} />}
        <NameChips
          kind="topic"
          ids={row.topics}
          row={row}
          names={names}
          may={rights.triage}
          acting={acting}
        />
        <Tooltip label={t('conversation.auditHint')}>
          <Switch
            visibleFrom="sm"
            className={classes.push ?? ''}
            size="xs"
            label={t('conversation.audit')}
            checked={audit}
            onChange={(event) => onAudit(event.currentTarget.checked)}
          />
        </Tooltip>
        <Tooltip label={t('conversation.actions')}>
          <ActionIcon
            size="sm"
            variant="default"
            aria-label={open ? t('conversation.actionsHide') : t('conversation.actionsShow')}
            aria-expanded={open}
            aria-controls="conversation-actions"
            onClick={() => setOpen(!open)}
          >
            {open ? <IconMinus size={14} aria-hidden /> : <IconPlus size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </div>
      <Collapse expanded={open}>
        {open && <ActionsPanel row={row} names={names} rights={rights} acting={acting} />}
      </Collapse>
    </div>
  );
}

function Who({ row, names, vip }: { row: Row; names: Names; vip: boolean }) {
  const { t } = useTranslation();
  const { vocabulary } = useSession().workspace;
  const channel = names.channels.get(row.channel);
  const name = contactName(t, row);
  return (
    <div className={classes.who}>
      <ActionIcon
        component={Link}
        to="/"
        variant="subtle"
        color="gray"
        hiddenFrom="sm"
        aria-label={t('conversation.back')}
      >
        <IconChevronLeft size={22} aria-hidden />
      </ActionIcon>
      <div style={{ minWidth: 0 }}>
        <div style={{ display: 'flex', alignItems: 'center', gap: 6, minWidth: 0 }}>
          <h1 className={classes.name} title={name}>
            {name}
          </h1>
          {vip && (
            <IconStarFilled size={14} className={queueClasses.vip} role="img" aria-label={t('contact.vip')} />
          )}
          <Badge
            size="sm"
            variant="light"
            color={COLOURS[row.status]}
            tt="none"
            style={{ flex: 'none' }}
            data-status={row.status}
          >
            {statusWord(t, vocabulary, row)}
          </Badge>
        </div>
        <div className={classes.channel}>
          <MediumIcon medium={row.medium} size={14} />
          <span title={channel?.handle || channel?.name}>
            {channel?.handle || channel?.name || row.channel}
          </span>
          {row.visibility === 'public' && (
            <IconWorld size={13} role="img" aria-label={t('visibility.public')} />
          )}
          {row.episode > 1 && <span>· {t('conversation.episode', { number: row.episode })}</span>}
        </div>
      </div>
    </div>
  );
}

function BoomerangChip({ row, rights, acting }: { row: Row; rights: Rights; acting: Acting }) {
  const { t } = useTranslation();
  const now = useNow();
  if (!row.boomerang) return null;
  const { at, note } = row.boomerang;
  return (
    <span
      className={`${queueClasses.chip} ${queueClasses.sla}`}
      title={`${dateAndTime(at)}${note ? ` · ${note}` : ''}`}
    >
      <IconArrowBackUp size={13} aria-hidden />
      <span>
        {t('conversation.boomerangSet', { time: coming(at, now) })}
        {note && `: ${note.length > 40 ? `${note.slice(0, 40)}…` : note}`}
      </span>
      {rights.arrange && (
        <ActionIcon
          size={16}
          variant="transparent"
          color="inherit"
          aria-label={t('conversation.boomerangCancel')}
          loading={acting.pending === 'cancel_boomerang'}
          onClick={() => void acting.act({ act: 'cancel_boomerang' })}
        >
          <IconX size={12} aria-hidden />
        </ActionIcon>
      )}
    </span>
  );
}

function Tools({ row, aside, onAside, audit, onAudit, onCopy, history, onHistory }: Props) {
  const { t } = useTranslation();
  const label = aside ? t('conversation.hideContact') : t('conversation.showContact');
  return (
    <div className={classes.tools}>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('conversation.moreMenu')}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={15} aria-hidden />} onClick={onCopy}>
            {t('conversation.copyAll')}
          </Menu.Item>
          <Menu.CheckboxItem
            checked={history}
            closeMenuOnClick
            title={t('conversation.historyHint')}
            onChange={onHistory}
            rightSection={<IconMessages size={15} aria-hidden />}
          >
            {t('conversation.history')}
          </Menu.CheckboxItem>
          <Menu.CheckboxItem
            hiddenFrom="sm"
            checked={audit}
            closeMenuOnClick
            onChange={onAudit}
            rightSection={<IconHistory size={15} aria-hidden />}
          >
            {t('conversation.audit')}
          </Menu.CheckboxItem>
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={label}>
        <ActionIcon
          variant="subtle"
          color="gray"
          visibleFrom="sm"
          aria-label={label}
          aria-pressed={aside}
          onClick={onAside}
        >
          <IconLayoutSidebarRight size={20} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <ActionIcon
        component={Link}
        to={`/c/${row.id}/contact`}
        variant="subtle"
        color="gray"
        hiddenFrom="sm"
        aria-label={t('conversation.showContact')}
      >
        <IconUserCircle size={22} aria-hidden />
      </ActionIcon>
    </div>
  );
}
