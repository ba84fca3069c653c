/** Making, changing or deleting a macro of one's own. */
import { Anchor, Stack, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { asProblem, call } from '../../api/http';
import type { KindInfo, Stored } from '../../api/types';
import { toast, toastProblem } from '../../lib/toast';
import { useSession } from '../../session/context';
import { nameOf } from '../data';
import type { Value } from '../form/values';
import { ObjectForm } from '../pages/ObjectForm';

interface Props {
  info: KindInfo;
  /** Null: a new one. */
  stored: Stored | null;
}

export function OwnMacro({ info, stored }: Props) {
  const { t } = useTranslation();
  const { t: admin } = useTranslation('admin');
  const client = useQueryClient();
  const navigate = useNavigate();
  const { user } = useSession();
  const [done, setDone] = useState(false);
  const path = stored ? `/api/macros/${encodeURIComponent(stored.id)}` : '/api/macros';
  const version = stored ? { version: stored.version } : {};

  const leave = (words: string) => {
    void client.invalidateQueries({ queryKey: ['macros'] });
    toast(words);
    setDone(true);
  };
  const save = useMutation({
    mutationFn: (value: Value) =>
      call(stored ? 'PUT' : 'POST', path, { body: { ...value, user: user.id }, ...version }),
    onSuccess: () => leave(t('app.saved')),
  });
  const remove = useMutation({
    mutationFn: () => call('DELETE', path, version),
    onSuccess: () => leave(t('settings.deleted')),
    onError: toastProblem,
  });
  // Once the form knows that it is saved nothing holds one back any more.
  useEffect(() => {
    if (done) navigate('/macros', { replace: true });
  }, [done, navigate]);

  const name = stored ? nameOf(stored) : '';
  return (
    <Stack>
      <div>
        <Anchor component={Link} to="/macros" size="sm">
          {admin('macros.title')}
        </Anchor>
        <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
          {stored ? name : t('settings.new')}
        </Title>
      </div>
      <ObjectForm
        info={info}
        stored={stored}
        name={name}
        pending={save.isPending || remove.isPending || done}
        problem={save.isError ? asProblem(save.error) : null}
        onSave={(value) => save.mutate(value)}
        {...(stored ? { onDelete: () => remove.mutate() } : {})}
        onReload={() => {
          save.reset();
          void client.invalidateQueries({ queryKey: ['macros'] });
        }}
      />
    </Stack>
  );
}
