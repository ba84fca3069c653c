/** The answers of a survey in one language, worst first, in one line each: number, emoji, label (CS-01). */
import { Box, Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { record } from '../../api/wire';
import { fieldWords } from '../../lib/fields';
import { useFieldError, useForm } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { OrderButtons, RemoveButton, Wrong } from '../form/parts';
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
  const problem = (index: number) => {
    const found = errors.find(({ field: named }) =>
      paths.some((path) => named.startsWith(`${path}.${index}.`)),
    );
    return found && fieldWords(general, found);
  };
  return (
    <Fieldset legend={titled(field.title)}>
      <Stack gap={6}>
        <Text size="xs" c="dimmed">
          {titled(field.description)}
        </Text>
        <Wrong text={error} />
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
                placeholder={t('survey.emoji')}
                maxLength={16}
                value={option.emoji}
                onChange={(event) => set({ emoji: event.currentTarget.value })}
              />
              <TextInput
                size="xs"
                flex={1}
                miw={110}
                maw={320}
                aria-label={`${name}: ${t('survey.label')}`}
                maxLength={80}
                error={problem(index)}
                value={option.label}
                onChange={(event) => set({ label: event.currentTarget.value })}
              />
              <Group gap={0} wrap="nowrap">
                <OrderButtons
                  name={name}
                  first={index === 0}
                  last={index === options.length - 1}
                  onMove={(by) => onChange(moved(options, index, index + by))}
                />
                <RemoveButton
                  name={name}
                  disabled={options.length <= LEAST}
                  onRemove={() => onChange(options.filter((_, at) => at !== index))}
                />
              </Group>
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
