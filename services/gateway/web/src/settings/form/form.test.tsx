import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { FieldError } from '../../api/http';
import { startTexts } from '../../i18n';
import '../texts';
import { SessionContext } from '../../session/context';
import { session } from '../../test/make';
import schemas from '../../test/schemas.json';
import type { GroupNode } from '../rules/conditions';
import { FormProvider } from './context';
import { fittingUnit } from './DurationField';
import { ObjectFields } from './ObjectFields';
import { type ObjectShape, SchemaReader } from './schema';
import { blankObject, completed, type Value } from './values';

beforeAll(startTexts);

function shapeOf(kind: string) {
  const found = schemas.kinds.find((one) => one.kind === kind);
  if (!found) throw new Error(`no schema of ${kind}`);
  return new SchemaReader(found.schema as Record<string, unknown>).read();
}

interface Held {
  value: Value;
}

function Form({ shape, held }: { shape: ObjectShape; held: Held }) {
  const [value, setValue] = useState(held.value);
  held.value = value;
  return <ObjectFields shape={shape} value={value} onChange={setValue} paths={['']} />;
}

/** Draws the form of a kind; gives what it holds at any moment. */
function drawn(kind: string, value?: Value, errors: FieldError[] = [], secrets: string[] = []) {
  const shape = shapeOf(kind);
  const held: Held = { value: value ? completed(shape, value) : blankObject(shape) };
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ items: [], next: null })));
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <SessionContext value={session()}>
          <FormProvider value={{ errors, secrets }}>
            <Form shape={shape} held={held} />
          </FormProvider>
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return held;
}

test.each(schemas.kinds.map(({ kind }) => kind))('a form can be drawn for %s', (kind) => {
  drawn(kind);
  expect(
    screen.queryAllByRole('textbox').length +
      screen.queryAllByRole('switch').length +
      screen.queryAllByRole('button').length,
  ).toBeGreaterThan(0);
});

describe('what a form holds', () => {
  test('a new object begins with its defaults', () => {
    expect(blankObject(shapeOf('workflow'))).toMatchObject({
      vocabulary: 'queue',
      auto_resolve_new: 2_592_000,
      idle_close: null,
      resolve_reasons: { enabled: false, scope: { channels: [], visibilities: [] } },
      overrides: [],
    });
  });

  test('a required list begins with one item', () => {
    expect(blankObject(shapeOf('skill-sets')).groups).toMatchObject([
      { join: 'and', rules: [{ operator: 'any_of' }] },
    ]);
  });

  test('typing changes it', async () => {
    const held = drawn('topics');
    await userEvent.type(screen.getByLabelText(/Name/), 'Billing');
    expect(held.value.name).toBe('Billing');
  });

  test('another kind of connection brings its own fields and its discriminator', async () => {
    const held = drawn('channels');
    await userEvent.click(screen.getByRole('combobox', { name: 'Connection' }));
    await userEvent.click(screen.getByRole('option', { name: 'Webhook (generic)', hidden: true }));
    expect(held.value.config).toMatchObject({ medium: 'webhook', outbound_url: null });
    expect(screen.getByLabelText('Address that receives replies')).toBeTruthy();
    expect(screen.queryByLabelText('Greeting')).toBeNull();
  });

  test('items are added, moved and removed', async () => {
    const held = drawn('surveys');
    await userEvent.click(screen.getByRole('button', { name: 'Add: Language' }));
    const versions = () => held.value.versions as { language: string }[];
    expect(versions()).toHaveLength(2);
    await userEvent.type(screen.getAllByLabelText(/^Language/)[1] as HTMLElement, 'es');
    await userEvent.click(screen.getByRole('button', { name: 'Move up: Language 2' }));
    expect(versions()[0]?.language).toBe('es');
    await userEvent.click(screen.getByRole('button', { name: 'Remove Language 2' }));
    expect(versions()).toMatchObject([{ language: 'es' }]);
  });
});

test('what the gateway says about a field stands beside it, also inside a union', () => {
  drawn('channels', { name: 'x', config: { medium: 'webhook' } }, [
    { field: 'name', message: 'Taken.', kind: '' },
    { field: 'config.webhook.outbound_url', message: 'relative URL without a base', kind: 'url_parsing' },
  ]);
  expect(screen.getByText('Taken.')).toBeTruthy();
  const address = screen.getByLabelText('Address that receives replies');
  const error = document.getElementById(address.getAttribute('aria-describedby') ?? '');
  expect(error?.textContent).toMatch(/not a web address/);
});

test('a secret that is set is never shown, and only sent when replaced', async () => {
  const held = drawn(
    'channels',
    { name: 'x', config: { medium: 'webhook', inbound_secret: null } },
    [],
    ['config.inbound_secret'],
  );
  expect(screen.getByText(/A secret is set/)).toBeTruthy();
  expect((held.value.config as Value).inbound_secret).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: /Replace/ }));
  await userEvent.type(screen.getByLabelText('Signing secret of what you send us'), 'whsec_x');
  expect((held.value.config as Value).inbound_secret).toBe('whsec_x');
  await userEvent.click(screen.getByRole('button', { name: 'Keep the current one' }));
  expect((held.value.config as Value).inbound_secret).toBeNull();
});

test.each([
  [2_592_000, 'd'],
  [5400, 'min'],
  [7200, 'h'],
  [61, 's'],
  [null, 'h'],
] as const)('%s seconds are shown in %s', (seconds, unit) => {
  expect(fittingUnit(seconds)).toBe(unit);
});

describe('the conditions of a rule', () => {
  const tree = (held: Held) => held.value.conditions as GroupNode;

  async function add(what: string, where = 'Add condition') {
    await userEvent.click(screen.getByRole('button', { name: where }));
    await userEvent.click(await screen.findByRole('menuitem', { name: what, hidden: true }));
  }

  test('a rule without one says that it matches everything', async () => {
    drawn('rules');
    expect(screen.getByText('Without a condition this rule matches everything.')).toBeTruthy();
    await add('Keywords');
    expect(screen.queryByText('Without a condition this rule matches everything.')).toBeNull();
  });

  test('keywords, fields and groups in groups are added and removed', async () => {
    const held = drawn('rules');
    await add('Keywords');
    await userEvent.type(screen.getByRole('textbox', { name: 'Keywords' }), 'refund, devolución');
    await add('Group');
    await add('Field', 'Add to group');
    expect(tree(held)).toMatchObject({
      join: 'all',
      of: [
        { test: 'keywords', keywords: 'refund, devolución' },
        { test: 'group', join: 'any', of: [{ test: 'field', field: 'channel', operator: 'is', value: [] }] },
      ],
    });
    await userEvent.click(screen.getByRole('button', { name: 'Remove condition 2' }));
    expect(tree(held).of).toHaveLength(1);
  });

  test('a tree deeper than one would draw by hand is shown and kept', () => {
    const deep = (levels: number): unknown =>
      levels === 0
        ? { test: 'keywords', about: 'text', match: 'any_of', keywords: 'deep', ignore_accents: false }
        : { test: 'group', join: 'none', of: [deep(levels - 1)] };
    const held = drawn('rules', { name: 'x', conditions: deep(6) as Value });
    expect(screen.getByDisplayValue('deep')).toBeTruthy();
    expect(tree(held)).toEqual(deep(6));
  });
});
