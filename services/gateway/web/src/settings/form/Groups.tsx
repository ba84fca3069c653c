/** Lists of objects, unions with a kind to choose, and values by date. */
import { Button, Fieldset, Group, Paper, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSchemaWords } from '../words';
import { inside, useFieldError } from './context';
import { type FieldProps, FieldView } from './FieldView';
import { ObjectFields } from './ObjectFields';
import { OrderButtons, RemoveButton, Wrong } from './parts';
import type { Field, Shape } from './schema';
import { blank, blankObject, moved, type Value } from './values';

type Of<K extends Shape['kind']> = FieldProps<Extract<Shape, { kind: K }>>;

/** One of a list: named by its model, or by the list where its items are of several kinds. */
function itemTitle(list: Field, item: Field): string {
  return item.shape.kind === 'object' ? item.shape.model : `one of ${list.title}`;
}

export function ListField({ name, field, value, onChange, paths }: Of<'list'>) {
  const { t } = useTranslation();
  const { titled } = useSchemaWords();
  const error = useFieldError(paths);
  const items = Array.isArray(value) ? value : [];
  const { item } = field.shape;
  const title = titled(itemTitle(field, item));
  // Positions name the items: they have no ids, and a form holds few of them.
  return (
    <Fieldset legend={titled(field.title)}>
      <Stack gap="sm">
        <Wrong text={error} />
        {items.map((one, index) => (
          <Item
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            key={index}
            title={t('settings.form.item', { title, number: index + 1 })}
            first={index === 0}
            last={index === items.length - 1}
            onMove={(step) => onChange(moved(items, index, index + step))}
            onRemove={() => onChange(items.filter((_, at) => at !== index))}
          >
            <ItemBody
              name={name}
              item={item}
              value={one}
              paths={inside(paths, String(index))}
              onChange={(next) => onChange(items.with(index, next))}
            />
          </Item>
        ))}
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={15} aria-hidden />}
          onClick={() => onChange([...items, blank(item)])}
        >
          {t('settings.form.addItem', { title })}
        </Button>
      </Stack>
    </Fieldset>
  );
}

interface BodyProps {
  name: string;
  item: Field;
  value: unknown;
  onChange: (value: unknown) => void;
  paths: readonly string[];
}

function ItemBody({ name, item, value, onChange, paths }: BodyProps) {
  if (item.shape.kind === 'object')
    return (
      <ObjectFields shape={item.shape} value={(value ?? {}) as Value} onChange={onChange} paths={paths} />
    );
  return <FieldView name={name} field={item} value={value} onChange={onChange} paths={paths} />;
}

interface ItemProps {
  title: string;
  first: boolean;
  last: boolean;
  onMove: (step: 1 | -1) => void;
  onRemove: () => void;
  children: React.ReactNode;
}

function Item({ title, first, last, onMove, onRemove, children }: ItemProps) {
  return (
    <Paper withBorder p="sm" role="group" aria-label={title}>
      <Group justify="space-between" mb="xs">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Group gap={2}>
          {!(first && last) && <OrderButtons name={title} first={first} last={last} onMove={onMove} />}
          <RemoveButton name={title} onRemove={onRemove} />
        </Group>
      </Group>
      {children}
    </Paper>
  );
}

export function UnionField({ field, value, onChange, paths }: Of<'union'>) {
  const { t } = useTranslation();
  const { titled, valueWord } = useSchemaWords();
  const error = useFieldError(paths);
  const { key, variants } = field.shape;
  const here = (value ?? {}) as Value;
  const chosen = variants.find((variant) => variant.value === here[key]) ?? variants[0];
  return (
    <Stack gap="md">
      <Select
        label={field.title ? titled(field.title) : t('settings.form.kind')}
        maw={420}
        allowDeselect={false}
        error={error}
        data={variants.map((variant) => ({ value: variant.value, label: valueWord(key, variant.value) }))}
        value={chosen?.value ?? null}
        onChange={(next) => {
          const variant = variants.find((one) => one.value === next);
          if (variant && variant !== chosen) onChange(blankObject(variant.shape));
        }}
      />
      {chosen && (
        <ObjectFields
          shape={chosen.shape}
          value={{ ...blankObject(chosen.shape), ...here }}
          onChange={onChange}
          paths={inside(paths, '', chosen.value)}
        />
      )}
    </Stack>
  );
}

export function MapField({ field, value, onChange, paths }: Of<'map'>) {
  const { t } = useTranslation();
  const { titled } = useSchemaWords();
  const [date, setDate] = useState('');
  const here = (value ?? {}) as Value;
  return (
    <Fieldset legend={titled(field.title)}>
      <Stack gap="sm">
        {Object.entries(here)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, held]) => (
            <Group key={key} align="flex-end" gap="xs">
              <div style={{ flex: 1 }}>
                <FieldView
                  name={key}
                  field={{ ...field.shape.value, title: key }}
                  value={held}
                  paths={inside(paths, key)}
                  onChange={(next) => onChange({ ...here, [key]: next })}
                />
              </div>
              <RemoveButton
                name={key}
                onRemove={() =>
                  onChange(Object.fromEntries(Object.entries(here).filter(([one]) => one !== key)))
                }
              />
            </Group>
          ))}
        <Group align="flex-end" gap="xs">
          <TextInput
            type="date"
            label={t('settings.form.day')}
            value={date}
            onChange={(event) => setDate(event.currentTarget.value)}
          />
          <Button
            variant="default"
            disabled={date === '' || date in here}
            onClick={() => {
              onChange({ ...here, [date]: blank(field.shape.value) });
              setDate('');
            }}
          >
            {t('app.add')}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
