/** API keys wherever they are kept: a table, making one, revoking one. */
import { Alert, Button, Checkbox, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { ApiKey } from '../../api/types';
import * as wire from '../../api/wire';
import { dateAndTime } from '../../i18n/format';
import { problemText } from '../../lib/problems';
import { toastProblem } from '../../lib/toast';
import { useNamesOf } from '../data';
import { CopyLine } from './CopyLine';

export function useKeys() {
  return useQuery({
    queryKey: ['settings', 'keys'],
    queryFn: async () => wire.apiKeys(await call('GET', '/api/keys')),
  });
}

/** Keys with what they may do, and taking one back. */
export function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const { t } = useTranslation();
  const agents = new Map(useNamesOf('virtual-agents').map(({ id, name }) => [id, name]));
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const may = ({ virtual_agent, scopes }: ApiKey) =>
    virtual_agent === null
      ? scopes.join(', ')
      : t('settings.keys.answersFor', { name: agents.get(virtual_agent) ?? virtual_agent });
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('settings.keys.name')}</Table.Th>
            <Table.Th>{t('settings.keys.scopes')}</Table.Th>
            <Table.Th>{t('settings.keys.created')}</Table.Th>
            <Table.Th>{t('settings.keys.lastUsed')}</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td>{key.name}</Table.Td>
              <Table.Td>{may(key)}</Table.Td>
              <Table.Td>{`${dateAndTime(key.created_at)} · ${key.created_by}`}</Table.Td>
              <Table.Td>
                {key.last_used_at ? dateAndTime(key.last_used_at) : t('settings.keys.never')}
              </Table.Td>
              <Table.Td>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  aria-label={`${t('settings.keys.revoke')}: ${key.name}`}
                  onClick={() => setRevoking(key)}
                >
                  {t('settings.keys.revoke')}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Revoke apiKey={revoking} onClose={() => setRevoking(null)} />
    </Table.ScrollContainer>
  );
}

interface NewKeyProps {
  opened: boolean;
  onClose: () => void;
  /** Where it is made. */
  path: string;
  /** To choose from; null: what it may do goes without saying. */
  scopes: readonly string[] | null;
}

export function NewKey({ opened, onClose, path, scopes }: NewKeyProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const make = useMutation({
    mutationFn: async () =>
      wire.apiKey(await call('POST', path, { body: scopes ? { name, scopes: chosen } : { name } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['settings', 'keys'] }),
  });

  function leave() {
    onClose();
    setName('');
    setChosen([]);
    make.reset();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate();
  }

  return (
    <Modal
      opened={opened}
      onClose={leave}
      title={t('settings.keys.new')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {make.data?.key ? (
        <Stack>
          <Text size="sm">{t('settings.keys.shown')}</Text>
          <CopyLine label={make.data.name} text={make.data.key} />
          <Button onClick={leave}>{t('app.close')}</Button>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            {make.isError && (
              <Alert color="red" role="alert">
                {problemText(t, make.error)}
              </Alert>
            )}
            <TextInput
              label={t('settings.keys.name')}
              required
              maxLength={255}
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {scopes && (
              <Checkbox.Group label={t('settings.keys.scopes')} value={chosen} onChange={setChosen} required>
                <Stack gap={6} mt={6}>
                  {scopes.map((scope) => (
                    <Checkbox key={scope} value={scope} label={scope} />
                  ))}
                </Stack>
              </Checkbox.Group>
            )}
            <Button
              type="submit"
              loading={make.isPending}
              disabled={(scopes !== null && chosen.length === 0) || name.trim() === ''}
            >
              {t('settings.keys.new')}
            </Button>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: string) => call('DELETE', `/api/keys/${id}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['settings', 'keys'] });
      onClose();
    },
    onError: toastProblem,
  });
  return (
    <Modal
      opened={apiKey !== null}
      onClose={onClose}
      title={t('settings.keys.revokeTitle', { name: apiKey?.name ?? '' })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Text size="sm">{t('settings.keys.revokeText')}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          {t('app.cancel')}
        </Button>
        <Button color="red" loading={revoke.isPending} onClick={() => apiKey && revoke.mutate(apiKey.id)}>
          {t('settings.keys.revoke')}
        </Button>
      </Group>
    </Modal>
  );
}
