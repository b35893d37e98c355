// Comparisons that allow what the contract allows: fields beside the named ones.
import assert from 'node:assert/strict';

// The named fields have these values; further fields do not matter.
export function has(actual, expected, what) {
  assert.ok(actual !== null && typeof actual === 'object', `${what ?? 'the value'} is an object: ${JSON.stringify(actual)}`);
  const named = Object.fromEntries(Object.keys(expected).map((name) => [name, actual[name]]));
  assert.deepEqual(named, expected, what);
}
