/** What each user might like, best first; none of it is in their orders. */
export const FAVOURITES: ReadonlyMap<string, readonly string[]> = new Map([
  ['u1', ['p10', 'p21', 'p2', 'p7', 'p19', 'p6']],
  ['u2', ['p4', 'p15', 'p1', 'p24', 'p18', 'p5']],
  ['u3', ['p8', 'p9', 'p23', 'p14', 'p21', 'p1']],
  ['u4', ['p22', 'p24', 'p20', 'p9', 'p3', 'p12']],
  ['u5', ['p6', 'p1', 'p8', 'p23', 'p2', 'p10']],
  ['u6', ['p17', 'p14', 'p18', 'p21', 'p7', 'p3']],
  ['u7', ['p13', 'p16', 'p14', 'p2', 'p9', 'p11']],
  ['u8', ['p2', 'p22', 'p23', 'p12', 'p15', 'p8']],
]);
