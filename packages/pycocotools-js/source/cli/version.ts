/** Version as in package.json, which is not always beside what runs; a test compares them. */
export const VERSION = '0.1.0'
