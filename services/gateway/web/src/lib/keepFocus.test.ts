import { expect, test, vi } from 'vitest';
import { keepFocus } from './keepFocus';

test('a button that was busy has the focus again, unless somebody went on meanwhile', async () => {
  keepFocus();
  document.body.innerHTML = '<button id="save">Save</button><input id="name">';
  const save = document.getElementById('save') as HTMLButtonElement;
  const name = document.getElementById('name') as HTMLInputElement;
  const busy = async () => {
    save.focus();
    save.disabled = true;
    save.blur();
    await Promise.resolve();
  };
  await busy();
  save.disabled = false;
  await vi.waitFor(() => expect(document.activeElement).toBe(save));
  await busy();
  name.focus();
  save.disabled = false;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(document.activeElement).toBe(name);
});
