import { expect, test, vi } from "vitest";

import { press } from "./press";

const pressed = () => ({ preventDefault: vi.fn(), stopPropagation: vi.fn() });

test.each([true, "true"])("a press of a button with aria-disabled=%j does nothing", (disabled) => {
  const [event, act] = [pressed(), vi.fn()];
  press(event, disabled, act);
  expect(act).not.toHaveBeenCalled();
  expect(event.preventDefault).toHaveBeenCalled(); // or it would send its form
  expect(event.stopPropagation).toHaveBeenCalled();
});

test.each([false, "false", undefined, null])("a press of a button with aria-disabled=%j acts", (disabled) => {
  const [event, act] = [pressed(), vi.fn()];
  press(event, disabled, act);
  expect(act).toHaveBeenCalledWith(event);
  expect(event.preventDefault).not.toHaveBeenCalled();
  press(event, disabled, null); // one that sends a form has nothing of its own to do
});
