/** The switch of one's own availability (AG-06, AG-07). */
import { Button, Group, Loader, Menu, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../api/http';
import type { Session, Availability as State } from '../api/types';
import { toastProblem } from '../lib/toast';
import { useSession } from '../session/context';
import { Presence } from './Presence';

interface Choice {
  availability: State;
  away_state: string | null;
  label: string;
}

export function Availability() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { availability, away_state, workspace, user } = useSession();
  const set = useMutation({
    mutationFn: ({ label: _, ...body }: Choice) => call('PUT', '/api/agents/me/availability', { body }),
    onSuccess: (_, choice) => {
      client.setQueryData<Session | null>(['session'], (session) =>
        session ? { ...session, availability: choice.availability, away_state: choice.away_state } : session,
      );
      void client.invalidateQueries({ queryKey: ['agents'] });
    },
    onError: toastProblem,
  });

  const setDefault = useMutation({
    mutationFn: (state: State) => call('PATCH', '/api/me', { body: { default_availability: state } }),
    onSuccess: (_, state) => {
      client.setQueryData<Session | null>(['session'], (session) =>
        session ? { ...session, user: { ...session.user, default_availability: state } } : session,
      );
    },
    onError: toastProblem,
  });

  // With a custom away state enabled the plain "Away" disappears (AG-07).
  const away: Choice[] = workspace.away_states.length
    ? workspace.away_states.map((state) => ({
        availability: 'away',
        away_state: state.id,
        label: state.name,
      }))
    : [{ availability: 'away', away_state: null, label: t('availability.away') }];
  const choices: Choice[] = [
    { availability: 'available', away_state: null, label: t('availability.available') },
    ...away,
    { availability: 'offline', away_state: null, label: t('availability.offline') },
  ];
  const named = workspace.away_states.find((state) => state.id === away_state)?.name;
  const current = availability === 'away' && named ? named : t(`availability.${availability}`);

  return (
    <Menu position="bottom-end" width={230} shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          aria-label={t('availability.isNow', { state: current })}
          leftSection={set.isPending ? <Loader size={10} /> : <Presence state={availability} label="" />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          <Text size="xs" fw={500} truncate maw={110} component="span">
            {current}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('availability.hint')}</Menu.Label>
        {choices.map((choice) => {
          const chosen =
            choice.availability === availability &&
            (availability !== 'away' || choice.away_state === away_state);
          return (
            <Menu.RadioItem
              key={`${choice.availability} ${choice.away_state ?? ''}`}
              value={choice.label}
              checked={chosen}
              closeMenuOnClick
              onChange={() => set.mutate(choice)}
            >
              <Group gap={8} wrap="nowrap">
                <Presence state={choice.availability} label="" />
                {choice.label}
              </Group>
            </Menu.RadioItem>
          );
        })}
        <Menu.Divider />
        <Menu.Label>{t('availability.atSignIn')}</Menu.Label>
        {(['available', 'away', 'offline'] as const).map((state) => (
          <Menu.RadioItem
            key={state}
            value={`at sign-in ${state}`}
            aria-label={`${t('availability.atSignIn')}: ${t(`availability.${state}`)}`}
            checked={user.default_availability === state}
            onChange={() => setDefault.mutate(state)}
          >
            {t(`availability.${state}`)}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
