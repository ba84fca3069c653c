/** A form over one settings object: fields, problems, save, delete, and a word before unsaved changes are lost. */
import { Alert, Anchor, Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useBlocker } from 'react-router';
import type { Problem } from '../../api/http';
import type { KindInfo, Stored } from '../../api/types';
import { record } from '../../api/wire';
import { dateAndTime } from '../../i18n/format';
import { fieldWords } from '../../lib/fields';
import { problemText } from '../../lib/problems';
import { FormProvider } from '../form/context';
import { ObjectFields } from '../form/ObjectFields';
import { type ObjectShape, SchemaReader, titlesAt } from '../form/schema';
import { blankObject, completed, sameValue, type Value } from '../form/values';
import classes from '../settings.module.css';
import { useSchemaWords } from '../words';
import { EXTRAS } from './extras';

interface Props {
  info: KindInfo;
  stored: Stored | null;
  pending: boolean;
  problem: Problem | null;
  /** `move`: take what only one may have from the object that has it (CS-09). */
  onSave: (value: Value, move?: boolean) => void;
  onDelete?: () => void;
  onReload: () => void;
  /** The object's name, for the question before it is deleted. */
  name: string;
}

export function ObjectForm({ info, stored, pending, problem, onSave, onDelete, onReload, name }: Props) {
  const { t } = useTranslation();
  const shape = useMemo(() => new SchemaReader(info.schema).read(), [info.schema]);
  const start = useMemo(
    () => (stored ? completed(shape, stored.value) : blankObject(shape)),
    [shape, stored],
  );
  const [value, setValue] = useState(start);
  useEffect(() => setValue(start), [start]);
  const changed = !sameValue(value, start);
  const stale = problem?.status === 412;
  const Inside = EXTRAS[info.kind]?.inside;

  function submit(event: FormEvent) {
    event.preventDefault();
    onSave(value);
  }

  return (
    <FormProvider value={{ errors: problem?.errors ?? [], secrets: stored?.secrets ?? [] }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {problem && (
            <Refusal
              problem={problem}
              shape={shape}
              stale={stale}
              pending={pending}
              onReload={onReload}
              onMove={() => onSave(value, true)}
            />
          )}
          <ObjectFields shape={shape} value={value} onChange={setValue} paths={['']} />
          {Inside && <Inside value={value} stored={stored} info={info} />}
        </Stack>
        <div className={classes.bar}>
          <Button type="submit" loading={pending} disabled={!changed && stored !== null}>
            {t('app.save')}
          </Button>
          {changed && stored && (
            <Button variant="default" onClick={() => setValue(start)}>
              {t('app.cancel')}
            </Button>
          )}
          {stored && stored.version > 0 && (
            <Text size="xs" c="dimmed" visibleFrom="sm">
              {t('settings.changed', {
                time: dateAndTime(stored.changed_at),
                name: stored.changed_by.name || t(`trail.actors.${stored.changed_by.kind}`),
              })}
            </Text>
          )}
          {onDelete && <DeleteButton name={name} onDelete={onDelete} />}
        </div>
      </form>
      <Unsaved changed={changed && !pending} />
    </FormProvider>
  );
}

interface RefusalProps {
  problem: Problem;
  shape: ObjectShape;
  stale: boolean;
  pending: boolean;
  onReload: () => void;
  onMove: () => void;
}

/** What another object has already, and whether it may be taken from it. */
function conflictOf(problem: Problem) {
  const { kind, id, name, replaceable, movable } = record(problem.extra.conflict);
  if (typeof id !== 'string') return null;
  return {
    path: typeof kind === 'string' ? `/settings/${kind}/${id}` : null,
    name: typeof name === 'string' && name ? name : id,
    movable: replaceable === true || movable === true,
  };
}

function Refusal({ problem, shape, stale, pending, onReload, onMove }: RefusalProps) {
  const { t } = useTranslation();
  const { t: admin } = useTranslation('admin');
  const { titled } = useSchemaWords();
  const conflict = conflictOf(problem);
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: shown anew for each problem
  useEffect(() => {
    // Not returned: in some browsers it is a promise, which is no clean-up.
    box.current?.scrollIntoView({ block: 'nearest' });
  }, [problem]);
  return (
    <Alert
      ref={box}
      color="red"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={t('problem.failed')}
    >
      <Text size="sm">
        {stale
          ? t('settings.stale')
          : problem.errors.length > 0
            ? t('problem.invalid')
            : problemText(t, problem)}
      </Text>
      {problem.errors.length > 0 && (
        <List size="sm" mt={4}>
          {problem.errors.map((error) => (
            <List.Item key={`${error.field} ${error.message}`}>
              {[...titlesAt(shape, error.field).map(titled), fieldWords(t, error)].join(': ')}
            </List.Item>
          ))}
        </List>
      )}
      {stale && (
        <Button size="xs" variant="default" mt="xs" onClick={onReload}>
          {t('settings.loadCurrent')}
        </Button>
      )}
      {conflict && (
        <Group gap="xs" mt="xs">
          {conflict.movable && (
            <Button size="xs" variant="default" loading={pending} onClick={onMove}>
              {admin('conflict.move', { name: conflict.name })}
            </Button>
          )}
          {conflict.path && (
            <Anchor component={Link} to={conflict.path} size="sm" target="_blank">
              {admin('conflict.open', { name: conflict.name })}
            </Anchor>
          )}
        </Group>
      )}
    </Alert>
  );
}

function DeleteButton({ name, onDelete }: { name: string; onDelete: () => void }) {
  const { t } = useTranslation();
  const [asking, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="subtle" color="red" ml="auto" onClick={open}>
        {t('app.delete')}
      </Button>
      <Modal
        opened={asking}
        onClose={close}
        title={t('settings.deleteTitle', { name })}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <Text size="sm">{t('settings.deleteText')}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            {t('app.cancel')}
          </Button>
          <Button
            color="red"
            onClick={() => {
              close();
              onDelete();
            }}
          >
            {t('app.delete')}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

function Unsaved({ changed }: { changed: boolean }) {
  const { t } = useTranslation();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => changed && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [changed]);
  return (
    <Modal
      opened={blocker.state === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={t('settings.unsaved')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Group justify="flex-end">
        <Button variant="default" onClick={() => blocker.proceed?.()}>
          {t('settings.leave')}
        </Button>
        <Button onClick={() => blocker.reset?.()}>{t('settings.stay')}</Button>
      </Group>
    </Modal>
  );
}
