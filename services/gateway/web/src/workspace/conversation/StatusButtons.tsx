/** Pending, Resolve, back to New, each where it applies. */
import { Button, Menu } from '@mantine/core';
import {
  IconArrowBackUp,
  IconCheck,
  IconClockPause,
  IconInbox,
  IconMoodEmpty,
  IconUserCheck,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BoomerangTime, Row } from '../../api/types';
import { useShortcuts } from '../../frame/shortcuts';
import { toast } from '../../lib/toast';
import { type Rights, useSession } from '../../session/context';
import { statusWord } from '../words';
import { BoomerangButton } from './BoomerangButton';
import { ReasonDialog } from './ReasonDialog';
import { reasonsApply, topicMissing } from './rules';
import type { Acting } from './useAct';

interface Props {
  row: Row;
  rights: Rights;
  acting: Acting;
}

type Resolving = { boomerang: BoomerangTime | null };

export function StatusButtons({ row, rights, acting }: Props) {
  const { t } = useTranslation();
  const { user, workspace } = useSession();
  const [asking, setAsking] = useState<Resolving | null>(null);
  const open = row.status === 'new' || row.status === 'triage' || row.status === 'bot';
  const resolvable = row.status !== 'resolved';

  function pending(boomerang: BoomerangTime | null) {
    void acting.act({ act: 'set_pending', boomerang });
  }

  function resolve(boomerang: BoomerangTime | null, ignored = false) {
    if (topicMissing(workspace, row)) toast(t('conversation.topicNeeded'));
    else if (!ignored && reasonsApply(workspace, row)) setAsking({ boomerang });
    else void acting.act({ act: 'resolve', boomerang, ignored });
  }

  async function resolveFor(reason: string | null) {
    await acting.act({ act: 'resolve', reason, boomerang: asking?.boomerang ?? null });
    setAsking(null);
  }

  const assignToMe = () => acting.act({ act: 'assign_owner', owner: { kind: 'agent', id: user.id } });
  useShortcuts({
    ...(rights.triage && open ? { p: () => pending(null) } : {}),
    ...(rights.triage && resolvable ? { e: () => resolve(null) } : {}),
    ...(rights.assign ? { a: () => void assignToMe() } : {}),
  });

  if (!rights.triage) return null;
  return (
    <>
      {row.status === 'bot' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconUserCheck size={16} aria-hidden />}
          loading={acting.pending === 'assign_owner'}
          onClick={() => void assignToMe()}
        >
          {t('conversation.takeOver')}
        </Button>
      )}
      {!open && (
        <>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconInbox size={16} aria-hidden />}
            loading={acting.pending === 'set_new'}
            onClick={() => void acting.act({ act: 'set_new' })}
          >
            {t('conversation.reopen')}
          </Button>
          {rights.arrange && <BoomerangButtonFor acting={acting} />}
        </>
      )}
      {open && (
        <BoomerangButton
          label={statusWord(t, workspace.vocabulary, { status: 'pending', substatus: 'answered' })}
          menuLabel={t('conversation.pendingMenu')}
          icon={<IconClockPause size={16} aria-hidden />}
          loading={acting.pending === 'set_pending'}
          onPlain={() => pending(null)}
          onBoomerang={pending}
        />
      )}
      {resolvable && (
        <BoomerangButton
          label={t('conversation.resolve')}
          menuLabel={t('conversation.resolveMenu')}
          icon={<IconCheck size={16} aria-hidden />}
          filled
          loading={acting.pending === 'resolve'}
          onPlain={() => resolve(null)}
          onBoomerang={(time) => resolve(time)}
          more={
            <>
              <Menu.Divider />
              <Menu.Item
                leftSection={<IconMoodEmpty size={15} aria-hidden />}
                onClick={() => resolve(null, true)}
              >
                {t('conversation.resolveIgnored')}
              </Menu.Item>
            </>
          }
        />
      )}
      <ReasonDialog
        opened={asking !== null}
        title={t('conversation.resolveTitle')}
        pending={acting.pending === 'resolve'}
        onClose={() => setAsking(null)}
        onResolve={(reason) => void resolveFor(reason)}
      />
    </>
  );
}

function BoomerangButtonFor({ acting }: { acting: Acting }) {
  const { t } = useTranslation();
  return (
    <BoomerangButton
      label={t('conversation.boomerangChange')}
      menuLabel={t('conversation.boomerangChange')}
      icon={<IconArrowBackUp size={16} aria-hidden />}
      loading={acting.pending === 'set_boomerang'}
      onBoomerang={(boomerang) => void acting.act({ act: 'set_boomerang', boomerang })}
    />
  );
}
