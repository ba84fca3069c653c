/** API keys: made with scopes, shown once, revoked. */
import {
  Alert,
  Button,
  Checkbox,
  Group,
  Modal,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { ApiKey } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { dateAndTime } from '../../i18n/format';
import { problemText } from '../../lib/problems';
import { toastProblem } from '../../lib/toast';
import { CopyLine } from './CopyLine';

export function ApiKeys() {
  const { t } = useTranslation();
  const [making, { open, close }] = useDisclosure();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const keys = useQuery({
    queryKey: ['settings', 'keys'],
    queryFn: async () => wire.apiKeys(await call('GET', '/api/keys')),
  });
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h3">
            {t('settings.kinds.keys')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('settings.about.keys')}
          </Text>
        </div>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          {t('settings.keys.new')}
        </Button>
      </Group>
      {keys.isPending && <Skeleton h={120} />}
      {keys.isError && (
        <Failure title={t('settings.failed')} error={keys.error} retry={() => void keys.refetch()} />
      )}
      {keys.data?.items.length === 0 && <Text c="dimmed">{t('settings.empty')}</Text>}
      {keys.data && keys.data.items.length > 0 && <Keys keys={keys.data.items} onRevoke={setRevoking} />}
      <NewKey opened={making} onClose={close} scopes={keys.data?.scopes ?? []} />
      <Revoke apiKey={revoking} onClose={() => setRevoking(null)} />
    </Stack>
  );
}

function Keys({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  const { t } = useTranslation();
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
              <Table.Td>{key.scopes.join(', ')}</Table.Td>
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
                  onClick={() => onRevoke(key)}
                >
                  {t('settings.keys.revoke')}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function NewKey({ opened, onClose, scopes }: { opened: boolean; onClose: () => void; scopes: string[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const make = useMutation({
    mutationFn: async () => wire.apiKey(await call('POST', '/api/keys', { body: { name, scopes: chosen } })),
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
            <Checkbox.Group label={t('settings.keys.scopes')} value={chosen} onChange={setChosen} required>
              <Stack gap={6} mt={6}>
                {scopes.map((scope) => (
                  <Checkbox key={scope} value={scope} label={scope} />
                ))}
              </Stack>
            </Checkbox.Group>
            <Button
              type="submit"
              loading={make.isPending}
              disabled={chosen.length === 0 || name.trim() === ''}
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
