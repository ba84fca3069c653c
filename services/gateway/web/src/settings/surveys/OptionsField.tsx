/** The answers of a survey in one language, worst first, in one line each: number, emoji, label (CS-01). */
import { ActionIcon, Box, Button, Fieldset, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { record } from '../../api/wire';
import { useFieldError, useForm } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { moved } from '../form/values';
import classes from '../settings.module.css';
import { useSchemaWords } from '../words';

interface Option {
  label: string;
  emoji: string;
}

const MOST = 10;
const LEAST = 2;

export function OptionsField({ field, value, onChange, paths }: FieldProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const { titled } = useSchemaWords();
  const error = useFieldError(paths);
  const { errors } = useForm();
  const options: Option[] = (Array.isArray(value) ? value : []).map((one) => {
    const from = record(one);
    return { label: String(from.label ?? ''), emoji: String(from.emoji ?? '') };
  });
  const problem = (index: number) =>
    errors.find(({ field: named }) => paths.some((path) => named.startsWith(`${path}.${index}`)))?.message;
  return (
    <Fieldset legend={titled(field.title)}>
      <Stack gap={6}>
        <Text size="xs" c="dimmed">
          {titled(field.description)}
        </Text>
        {error && (
          <Text size="sm" c="red" role="alert">
            {error}
          </Text>
        )}
        {options.map((option, index) => {
          const name = t('survey.option', { number: index + 1 });
          const set = (change: Partial<Option>) => onChange(options.with(index, { ...option, ...change }));
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: its place is the option's number
            <Box key={index} className={classes.option ?? ''} role="group" aria-label={name}>
              <Text size="sm" w={20} aria-hidden>
                {index + 1}
              </Text>
              <TextInput
                size="xs"
                w={64}
                aria-label={`${name}: ${t('survey.emoji')}`}
                placeholder="🙂"
                maxLength={16}
                value={option.emoji}
                onChange={(event) => set({ emoji: event.currentTarget.value })}
              />
              <TextInput
                size="xs"
                flex={1}
                miw={100}
                maw={320}
                aria-label={`${name}: ${t('survey.label')}`}
                maxLength={80}
                error={problem(index)}
                value={option.label}
                onChange={(event) => set({ label: event.currentTarget.value })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={index === 0}
                aria-label={`${general('settings.form.up')}: ${name}`}
                onClick={() => onChange(moved(options, index, index - 1))}
              >
                <IconArrowUp size={15} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={index === options.length - 1}
                aria-label={`${general('settings.form.down')}: ${name}`}
                onClick={() => onChange(moved(options, index, index + 1))}
              >
                <IconArrowDown size={15} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="red"
                disabled={options.length <= LEAST}
                aria-label={general('settings.form.removeItem', { title: name })}
                onClick={() => onChange(options.filter((_, at) => at !== index))}
              >
                <IconTrash size={15} aria-hidden />
              </ActionIcon>
            </Box>
          );
        })}
        <Button
          size="xs"
          variant="default"
          w="fit-content"
          disabled={options.length >= MOST}
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...options, { label: String(options.length + 1), emoji: '' }])}
        >
          {t('survey.add')}
        </Button>
      </Stack>
    </Fieldset>
  );
}
