/** Making or changing one object of a kind. */
import { Alert, Anchor, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { asProblem, call, withQuery } from '../../api/http';
import type { KindInfo, Stored } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { said } from '../../i18n/said';
import { toast, toastProblem } from '../../lib/toast';
import { nameOf, refreshKind, useObject } from '../data';
import type { Value } from '../form/values';
import type { Kind } from '../map';
import { EXTRAS } from './extras';
import { type Fresh, useFresh } from './fresh';
import { ObjectForm } from './ObjectForm';
import { Revealed } from './Revealed';
import { UserExtras } from './UserExtras';

interface Saving {
  value: Value;
  move: boolean | undefined;
}

export function ObjectPage({ info, id }: { info: KindInfo; id: string | null }) {
  return id === null ? <NewObject info={info} /> : <ExistingObject info={info} id={id} />;
}

function Head({ info, title }: { info: KindInfo; title: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <Anchor component={Link} to={`/settings/${info.kind}`} size="sm">
        {t(`settings.kinds.${info.kind as Kind}`)}
      </Anchor>
      <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
        {title}
      </Title>
    </div>
  );
}

/** What is shown once, from the answer to a save. */
function freshOf(answer: unknown): Fresh {
  const stored = wire.stored(answer);
  const { link, expires_at } = wire.record(wire.record(answer).invite);
  return {
    id: stored.id,
    revealed: stored.revealed,
    invite:
      typeof link === 'string'
        ? { link, expires_at: typeof expires_at === 'string' ? expires_at : null }
        : null,
    warnings: stored.warnings,
  };
}

function NewObject({ info }: { info: KindInfo }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [, setFresh] = useFresh();
  const [made, setMade] = useState<string | null>(null);
  const create = useMutation({
    mutationFn: ({ value, move }: Saving) =>
      call('POST', withQuery(`/api/settings/${info.kind}`, { move: move ? 'true' : null }), { body: value }),
    onSuccess: (answer) => {
      const fresh = freshOf(answer);
      setFresh(fresh);
      refreshKind(client, info.kind);
      toast(t('settings.created'));
      setMade(fresh.id);
    },
  });
  // Once the form knows that it is saved nothing holds one back any more.
  useEffect(() => {
    if (made) navigate(`/settings/${info.kind}/${made}`, { replace: true });
  }, [made, navigate, info.kind]);
  return (
    <Stack>
      <Head info={info} title={t('settings.new')} />
      {info.kind === 'channels' && (
        <Text size="sm" c="dimmed">
          {t('settings.channel.afterSave')}
        </Text>
      )}
      <ObjectForm
        info={info}
        stored={null}
        name=""
        pending={create.isPending || create.isSuccess}
        problem={create.isError ? asProblem(create.error) : null}
        onSave={(value, move) => create.mutate({ value, move })}
        onReload={() => create.reset()}
      />
    </Stack>
  );
}

function ExistingObject({ info, id }: { info: KindInfo; id: string }) {
  const { t } = useTranslation();
  const object = useObject(info.kind, id);
  if (object.isPending) return <Skeleton h={300} role="status" aria-label={t('app.loading')} />;
  if (object.isError)
    return <Failure title={t('settings.failed')} error={object.error} retry={() => void object.refetch()} />;
  return <Loaded info={info} stored={object.data} onReload={() => void object.refetch()} />;
}

function Loaded({ info, stored, onReload }: { info: KindInfo; stored: Stored; onReload: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [fresh, setFresh] = useFresh();
  const path = `/api/settings/${info.kind}/${encodeURIComponent(stored.id)}`;
  const save = useMutation({
    mutationFn: ({ value, move }: Saving) =>
      call('PUT', withQuery(path, { move: move ? 'true' : null }), { body: value, version: stored.version }),
    onSuccess: (answer) => {
      setFresh(freshOf(answer));
      client.setQueryData(['settings', info.kind, stored.id], wire.stored(answer));
      refreshKind(client, info.kind);
      toast(t('app.saved'));
    },
  });
  const remove = useMutation({
    mutationFn: () => call('DELETE', path, { version: stored.version }),
    onSuccess: () => {
      refreshKind(client, info.kind);
      toast(t('settings.deleted'));
      navigate(`/settings/${info.kind}`, { replace: true });
    },
    onError: toastProblem,
  });
  const name = nameOf(stored);
  const shown = fresh?.id === stored.id ? fresh : null;
  const { above: Above, below: Below } = EXTRAS[info.kind] ?? {};
  return (
    <Stack>
      <Head info={info} title={name} />
      {stored.broken.length > 0 && (
        <Alert color="orange" role="alert">
          {t('settings.broken', { what: stored.broken.join(', ') })}
        </Alert>
      )}
      {[...new Set([...stored.warnings, ...(shown?.warnings ?? [])])].map((warning) => (
        <Alert key={warning} color="yellow" role="status">
          {said(warning)}
        </Alert>
      ))}
      {shown && Object.keys(shown.revealed).length > 0 && <Revealed secrets={shown.revealed} />}
      {info.kind === 'users' && <UserExtras key={stored.id} stored={stored} invite={shown?.invite ?? null} />}
      {Above && <Above stored={stored} />}
      <ObjectForm
        info={info}
        stored={stored}
        name={name}
        pending={save.isPending}
        problem={save.isError ? asProblem(save.error) : null}
        onSave={(value, move) => save.mutate({ value, move })}
        onDelete={() => remove.mutate()}
        onReload={() => {
          save.reset();
          onReload();
        }}
      />
      {Below && (
        // Clear of the form's bar, which reaches into the page's lower edge.
        <div style={{ marginTop: 48 }}>
          <Below stored={stored} />
        </div>
      )}
    </Stack>
  );
}
