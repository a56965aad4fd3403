// The lock protocol: (state, event) -> (state, action), and nothing else. No clock, no memory, no host: what happens
// between an action and the next event is session/acquire.ts's affair, what an inspection means is lock/rules.ts's.
// docs/lock.md has the same table in prose.

export const STATE_FREE: u32 = 0;
export const STATE_CREATING: u32 = 1;
export const STATE_INSPECTING: u32 = 2;
export const STATE_ASKING: u32 = 3;
export const STATE_TAKING_OVER: u32 = 4;
export const STATE_CREATING_AGAIN: u32 = 5;
export const STATE_WAITING: u32 = 6;
export const STATE_HELD: u32 = 7;
export const STATE_FAILED: u32 = 8;

export const EVENT_START: u32 = 0;
/** create: it is ours. */
export const EVENT_CREATED: u32 = 1;
/** create: somebody else's exists. */
export const EVENT_EXISTS: u32 = 2;
/** inspect: it went away in between. */
export const EVENT_GONE: u32 = 3;
/** inspect or take over: its holder is alive, or may be. */
export const EVENT_BUSY: u32 = 4;
/** inspect: it depends on whether the process named in it is alive. */
export const EVENT_NAMED: u32 = 5;
/** inspect: nothing speaks for a living holder. */
export const EVENT_ABANDONED: u32 = 6;
export const EVENT_ALIVE: u32 = 7;
export const EVENT_DEAD: u32 = 8;
export const EVENT_TAKEN: u32 = 9;
/** take over: no longer what was inspected. */
export const EVENT_CHANGED: u32 = 10;
export const EVENT_WOKEN: u32 = 11;
/** The time for waiting is used up. */
export const EVENT_EXPIRED: u32 = 12;
export const EVENT_ERROR: u32 = 13;

export const ACTION_CREATE: u32 = 1;
export const ACTION_INSPECT: u32 = 2;
export const ACTION_ASK: u32 = 3;
export const ACTION_TAKE_OVER: u32 = 4;
export const ACTION_WAIT: u32 = 5;
export const ACTION_HOLD: u32 = 6;
export const ACTION_TIME_OUT: u32 = 7;
export const ACTION_FAIL: u32 = 8;

/** The next state and what to do there, packed; see `stateOf` and `actionOf`. */
export function transition(state: u32, event: u32): u32 {
  switch (state) {
    case STATE_FREE:
      if (event == EVENT_START) return create();
      break;
    case STATE_CREATING:
      if (event == EVENT_CREATED) return hold();
      if (event == EVENT_EXISTS) return pack(STATE_INSPECTING, ACTION_INSPECT);
      break;
    case STATE_INSPECTING:
      return afterInspection(event);
    case STATE_ASKING:
      if (event == EVENT_ALIVE) return wait();
      if (event == EVENT_DEAD) return takeOver();
      break;
    case STATE_TAKING_OVER:
      if (event == EVENT_TAKEN) return hold();
      if (event == EVENT_BUSY || event == EVENT_CHANGED) return wait();
      break;
    case STATE_CREATING_AGAIN:
      // Released and taken by a third in one moment: that one is alive. Looking again at once could go on for ever.
      if (event == EVENT_CREATED) return hold();
      if (event == EVENT_EXISTS) return wait();
      break;
    case STATE_WAITING:
      if (event == EVENT_WOKEN) return create();
      if (event == EVENT_EXPIRED) return pack(STATE_FAILED, ACTION_TIME_OUT);
      break;
  }
  return pack(STATE_FAILED, ACTION_FAIL);
}

function afterInspection(event: u32): u32 {
  switch (event) {
    case EVENT_GONE:
      return pack(STATE_CREATING_AGAIN, ACTION_CREATE);
    case EVENT_BUSY:
      return wait();
    case EVENT_NAMED:
      return pack(STATE_ASKING, ACTION_ASK);
    case EVENT_ABANDONED:
      return takeOver();
  }
  return pack(STATE_FAILED, ACTION_FAIL);
}

export function stateOf(packed: u32): u32 {
  return packed >> 8;
}

export function actionOf(packed: u32): u32 {
  return packed & 0xff;
}

function pack(state: u32, action: u32): u32 {
  return (state << 8) | action;
}

function create(): u32 {
  return pack(STATE_CREATING, ACTION_CREATE);
}

function hold(): u32 {
  return pack(STATE_HELD, ACTION_HOLD);
}

function wait(): u32 {
  return pack(STATE_WAITING, ACTION_WAIT);
}

function takeOver(): u32 {
  return pack(STATE_TAKING_OVER, ACTION_TAKE_OVER);
}
