/** The centre of the workspace: header, timeline, reply box of one conversation. */
import { Alert, Center, CloseButton, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefreshAlert } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, call } from '../../api/http';
import { useDetail, useTimeline, useTrail } from '../../api/queries';
import type { Detail, Message } from '../../api/types';
import { Failure } from '../../frame/Failure';
import { usePreference } from '../../lib/preferences';
import { useHints } from '../../live/hints';
import { rightsOf, useNames } from '../../session/context';
import { Composer } from '../composer/Composer';
import { contactName } from '../words';
import { CopyDialog } from './CopyDialog';
import classes from './conversation.module.css';
import { Header } from './Header';
import { Timeline } from './Timeline';
import { useAct } from './useAct';
import { useElsewhere } from './useElsewhere';
import { useMessageActions } from './useMessageActions';
import { useSeen } from './useSeen';

interface Props {
  id: string;
  aside: boolean;
  onAside: () => void;
}

export function Conversation(props: Props) {
  const { t } = useTranslation();
  const detail = useDetail(props.id);
  if (detail.isPending) return <Skeletons />;
  if (detail.isError) {
    const status = asProblem(detail.error).status;
    if (status === 403 || status === 404) {
      return (
        <Center h="100%" p="lg">
          <Text c="dimmed">{t('conversation.gone')}</Text>
        </Center>
      );
    }
    return (
      <Failure title={t('conversation.failed')} error={detail.error} retry={() => void detail.refetch()} />
    );
  }
  return <Loaded {...props} detail={detail.data} />;
}

function Loaded({ id, aside, onAside, detail }: Props & { detail: Detail }) {
  const { t } = useTranslation();
  const names = useNames();
  const { row, contact } = detail;
  const rights = rightsOf(detail);
  const [audit, setAudit] = usePreference('audit', true);
  const [history, setHistory] = usePreference('history', false);
  const elsewhere = useElsewhere(row, history);
  const [copying, setCopying] = useState(false);
  const [replyTo, setReplyTo] = useState<Message | null>(null);
  const timeline = useTimeline(id);
  const trail = useTrail(id, audit);
  const messages = useMemo(
    () => (timeline.data?.pages.flatMap((page) => page.items) ?? []).toReversed(),
    [timeline.data],
  );
  const container = useRef<HTMLDivElement>(null);
  const seen = useSeen(container, messages, row.last_inbound);
  const acting = useAct(row, seen);
  const { actions, dialog } = useMessageActions(
    row,
    rights,
    rights.reply && row.visibility === 'public' ? setReplyTo : null,
  );
  useViewing(id);
  const name = contact?.name || contactName(t, row);

  return (
    <>
      <Header
        row={row}
        names={names}
        rights={rights}
        acting={acting}
        vip={contact?.vip ?? row.vip}
        aside={aside}
        onAside={onAside}
        audit={audit}
        onAudit={setAudit}
        onCopy={() => setCopying(true)}
        seen={seen}
        history={history}
        onHistory={setHistory}
      />
      {acting.conflict && <Changed onClose={acting.forget} />}
      {row.notice && (
        <Alert color="orange" py={6} m="xs" mb={0} icon={<IconAlertTriangle aria-hidden />}>
          {t('conversation.notice')}
        </Alert>
      )}
      <Timeline
        container={container}
        timeline={timeline}
        messages={messages}
        trail={audit ? (trail.data ?? []) : null}
        trailFailed={audit && trail.isError}
        contactName={name}
        actions={actions}
        elsewhere={elsewhere}
      />
      <Hints id={id} />
      <Composer
        key={id}
        row={row}
        rights={rights}
        seen={seen}
        replyTo={replyTo}
        onReplyTo={setReplyTo}
        messages={messages}
      />
      <CopyDialog
        opened={copying}
        onClose={() => setCopying(false)}
        timeline={timeline}
        messages={messages}
        contactName={name}
      />
      {dialog}
    </>
  );
}

function Changed({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="yellow" py={6} m="xs" mb={0} role="alert" icon={<IconRefreshAlert aria-hidden />}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{t('conversation.changed')}</Text>
        <CloseButton aria-label={t('app.close')} onClick={onClose} />
      </Group>
    </Alert>
  );
}

/** Says to colleagues that one looks at it (WF-15); losing one such word matters to nobody. */
function useViewing(id: string) {
  useEffect(() => {
    const say = () => {
      if (document.visibilityState === 'visible')
        call('POST', `/api/conversations/${id}/hint`, { body: { what: 'viewing' } }).catch(() => {});
    };
    say();
    const timer = setInterval(say, 20_000);
    return () => clearInterval(timer);
  }, [id]);
}

function Hints({ id }: { id: string }) {
  const { t } = useTranslation();
  const names = useNames();
  const { viewing, typing } = useHints(id);
  const named = (ids: string[]) => ids.map((one) => names.agents.get(one)?.name ?? one).join(', ');
  const words = typing.length
    ? t('conversation.typing', { names: named(typing), count: typing.length })
    : viewing.length
      ? t('conversation.viewing', { names: named(viewing), count: viewing.length })
      : '';
  return (
    <div className={classes.hints} role="status">
      {words}
    </div>
  );
}

function Skeletons() {
  const { t } = useTranslation();
  return (
    <Stack p="md" role="status" aria-label={t('app.loading')}>
      <Skeleton h={22} w="40%" />
      <Skeleton h={14} w="25%" />
      <Skeleton h={60} w="55%" mt="xl" />
      <Skeleton h={60} w="50%" ml="auto" />
    </Stack>
  );
}
