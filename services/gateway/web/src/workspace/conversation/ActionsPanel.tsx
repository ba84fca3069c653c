/** Conversation actions: team, labels, priority (UI-04). */
import { ActionIcon, Button, Group, NumberInput, Text } from '@mantine/core';
import { IconChevronDown, IconPlus, IconUsersGroup } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Row } from '../../api/types';
import { type Names, type Rights, useSession } from '../../session/context';
import { Chip } from '../Chip';
import { Picker } from '../Picker';
import { priorityWords } from '../queue/QueueRow';
import classes from './conversation.module.css';
import type { Acting } from './useAct';

interface Props {
  row: Row;
  names: Names;
  rights: Rights;
  acting: Acting;
}

const NO_TEAM = '(none)';

export function ActionsPanel({ row, names, rights, acting }: Props) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const team = row.team ? (names.teams.get(row.team)?.name ?? row.team) : t('conversation.noTeam');
  return (
    <div className={classes.panel} id="conversation-actions">
      <Field label={t('conversation.team')}>
        <Picker
          search={t('conversation.searchTeams')}
          empty={t('conversation.nobody')}
          first={row.team ? [{ value: NO_TEAM, label: t('conversation.noTeam') }] : []}
          options={workspace.teams.map(({ id, name }) => ({ value: id, label: name }))}
          onChoose={(value) =>
            void acting.act({ act: 'assign_team', team: value === NO_TEAM ? null : value })
          }
          target={(open) => (
            <Button
              size="xs"
              variant="default"
              disabled={!rights.assign}
              loading={acting.pending === 'assign_team'}
              aria-label={`${t('conversation.team')}: ${team}`}
              leftSection={<IconUsersGroup size={15} aria-hidden />}
              rightSection={<IconChevronDown size={14} aria-hidden />}
              onClick={open}
              maw={220}
            >
              {team}
            </Button>
          )}
        />
      </Field>
      <Field label={t('conversation.labels')}>
        <NameChips
          kind="label"
          ids={row.labels}
          row={row}
          names={names}
          may={rights.arrange}
          acting={acting}
        />
      </Field>
      <Field label={t('conversation.priority')}>
        <Group gap="xs">
          <Text size="sm" flex={1} miw={90}>
            {priorityWords(t, row, names)}
          </Text>
          {rights.arrange && (
            <NumberInput
              size="xs"
              w={76}
              min={-10}
              max={10}
              allowDecimal={false}
              aria-label={t('conversation.boost')}
              value={row.priority.boost}
              onChange={(value) => {
                if (typeof value === 'number' && value !== row.priority.boost)
                  void acting.act({ act: 'set_priority_boost', boost: value });
              }}
            />
          )}
        </Group>
      </Field>
    </div>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {label}
      </Text>
      {children}
    </div>
  );
}

interface NamesProps extends Omit<Props, 'rights'> {
  kind: 'topic' | 'label';
  ids: readonly string[];
  may: boolean;
}

/** Topics or labels of the conversation as chips, to add and to take off. */
export function NameChips({ kind, ids, names, may, acting }: NamesProps) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const topic = kind === 'topic';
  const known = topic ? names.topics : names.labels;
  const all = topic
    ? workspace.topics
    : workspace.labels.filter((label) => label.scopes.includes('conversation'));
  const act = topic ? ('change_topics' as const) : ('change_labels' as const);
  const adding = topic ? t('conversation.addTopic') : t('conversation.addLabel');
  return (
    <Group gap={5}>
      {ids.map((id) => {
        const name = known.get(id)?.name ?? id;
        return (
          <Chip
            key={id}
            name={name}
            colour={known.get(id)?.colour ?? '#868e96'}
            removeLabel={
              topic ? t('conversation.removeTopic', { name }) : t('conversation.removeLabel', { name })
            }
            onRemove={may ? () => void acting.act({ act, remove: [id] }) : undefined}
          />
        );
      })}
      {may && (
        <Picker
          search={adding}
          empty={topic ? t('conversation.noTopics') : t('conversation.noLabels')}
          options={all
            .filter((one) => !ids.includes(one.id))
            .map((one) => ({ value: one.id, label: one.name, mark: <Dot colour={one.colour} /> }))}
          onChoose={(id) => void acting.act({ act, add: [id] })}
          target={(open) =>
            ids.length === 0 ? (
              <Button
                size="compact-xs"
                variant="subtle"
                color="gray"
                loading={acting.pending === act}
                leftSection={<IconPlus size={13} aria-hidden />}
                onClick={open}
              >
                {adding}
              </Button>
            ) : (
              <ActionIcon
                size={20}
                variant="subtle"
                color="gray"
                aria-label={adding}
                loading={acting.pending === act}
                onClick={open}
              >
                <IconPlus size={14} aria-hidden />
              </ActionIcon>
            )
          }
        />
      )}
    </Group>
  );
}

function Dot({ colour }: { colour: string }) {
  return (
    <span aria-hidden style={{ width: 10, height: 10, borderRadius: 5, background: colour, flex: 'none' }} />
  );
}
