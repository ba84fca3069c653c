/** Who has the conversation, and giving it to somebody else (WF-13). */
import { Button } from '@mantine/core';
import { IconChevronDown, IconRobot, IconUser, IconUserOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useAgents } from '../../api/queries';
import type { Row } from '../../api/types';
import { Presence } from '../../frame/Presence';
import { type Names, useSession } from '../../session/context';
import { type Option, Picker } from '../Picker';
import type { Acting } from './useAct';

const ME = '(me)';
const NOBODY = '(nobody)';

export function OwnerPicker({
  row,
  names,
  acting,
  disabled,
}: {
  row: Row;
  names: Names;
  acting: Acting;
  disabled: boolean;
}) {
  const { t } = useTranslation();
  const { user, workspace } = useSession();
  const agents = useAgents(row.channel).data ?? [];
  const owner = row.owner ? names.agents.get(row.owner.id) : undefined;
  const label = row.owner ? names.owner(row.owner) : t('queue.unowned');
  const first: Option[] = [];
  if (row.owner?.id !== user.id)
    first.push({ value: ME, label: t('conversation.assignToMe'), mark: <IconUser size={15} aria-hidden /> });
  if (row.owner)
    first.push({
      value: NOBODY,
      label: t('conversation.unassign'),
      mark: <IconUserOff size={15} aria-hidden />,
    });

  // Delegation: a virtual agent of this channel takes over (AU-12); public conversations have none.
  const robots = workspace.virtual_agents.filter(
    ({ id, activation, channels }) =>
      activation === 'delegation' &&
      row.visibility === 'private' &&
      channels.includes(row.channel) &&
      id !== row.owner?.id,
  );

  function choose(value: string) {
    const id = value === ME ? user.id : value;
    const kind = robots.some((robot) => robot.id === id) ? 'virtual_agent' : 'agent';
    void acting.act({ act: 'assign_owner', owner: value === NOBODY ? null : { kind, id } });
  }

  return (
    <Picker
      search={t('conversation.searchAgents')}
      empty={t('conversation.nobody')}
      first={first}
      options={[
        ...agents.map((agent) => ({
          value: agent.id,
          label: agent.name,
          mark: <Presence state={agent.availability} />,
          hint: String(agent.open_conversations || ''),
        })),
        ...robots.map((robot) => ({
          value: robot.id,
          label: robot.name,
          mark: <IconRobot size={15} role="img" aria-label={t('queue.virtualAgent')} />,
        })),
      ]}
      onChoose={choose}
      target={(open) => (
        <Button
          size="compact-xs"
          h={24}
          fw={550}
          variant="default"
          disabled={disabled}
          loading={acting.pending === 'assign_owner'}
          aria-label={`${t('conversation.owner')}: ${label}`}
          leftSection={
            owner ? (
              <Presence state={owner.availability} label="" />
            ) : row.owner?.kind === 'virtual_agent' ? (
              <IconRobot size={15} aria-hidden />
            ) : (
              <IconUser size={15} aria-hidden />
            )
          }
          rightSection={<IconChevronDown size={14} aria-hidden />}
          onClick={open}
          maw={200}
        >
          {label}
        </Button>
      )}
    />
  );
}
