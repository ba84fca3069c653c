/** Settings of which there is exactly one object. */
import { Alert, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem, call } from '../../api/http';
import type { KindInfo } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { said } from '../../i18n/said';
import { toast } from '../../lib/toast';
import { SINGLETON, useObject } from '../data';
import type { Value } from '../form/values';
import type { Kind } from '../map';
import { ObjectForm } from './ObjectForm';

export function SingletonPage({ info }: { info: KindInfo }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const object = useObject(info.kind, SINGLETON);
  const save = useMutation({
    mutationFn: (value: Value) =>
      call('PUT', `/api/settings/${info.kind}/${SINGLETON}`, {
        body: value,
        version: object.data?.version ?? 0,
      }),
    onSuccess: (answer) => {
      client.setQueryData(['settings', info.kind, SINGLETON], wire.stored(answer));
      toast(t('app.saved'));
    },
  });
  return (
    <Stack>
      <div>
        <Title order={1} size="h3">
          {t(`settings.kinds.${info.kind as Kind}`)}
        </Title>
        <Text size="sm" c="dimmed">
          {t(`settings.about.${info.kind as Kind}`)}
        </Text>
      </div>
      {object.isPending && <Skeleton h={300} role="status" aria-label={t('app.loading')} />}
      {object.isError && (
        <Failure title={t('settings.failed')} error={object.error} retry={() => void object.refetch()} />
      )}
      {object.data?.warnings.map((warning) => (
        <Alert key={warning} color="yellow" role="status">
          {said(warning)}
        </Alert>
      ))}
      {object.data && (
        <ObjectForm
          info={info}
          stored={object.data}
          name=""
          pending={save.isPending}
          problem={save.isError ? asProblem(save.error) : null}
          onSave={(value) => save.mutate(value)}
          onReload={() => {
            save.reset();
            void object.refetch();
          }}
        />
      )}
    </Stack>
  );
}
