// What the data names is looked up among an object's own properties: `constructor` and `__proto__` are names, too.

export const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);
