/// A binary heap of timers: earliest deadline first, and in order of arrival among equal deadlines.
struct TimerHeap {
  struct Entry {
    let deadline: MonotonicInstant
    /// Grows with every timer of a timeline, so it orders equal deadlines by arrival.
    let id: UInt64

    static func < (left: Entry, right: Entry) -> Bool {
      left.deadline == right.deadline ? left.id < right.id : left.deadline < right.deadline
    }
  }

  private(set) var entries: [Entry] = []

  var first: Entry? { entries.first }
  var count: Int { entries.count }

  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    siftUp(entries.count - 1)
  }

  mutating func removeFirst() -> Entry? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    if !entries.isEmpty {
      entries[0] = last
      siftDown(0)
    }
    return first
  }

  /// Keeps the entries that satisfy the predicate; O(n).
  mutating func filter(_ isKept: (Entry) -> Bool) {
    entries.removeAll { !isKept($0) }
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
  }

  private mutating func siftUp(_ start: Int) {
    let moving = entries[start]
    var hole = start
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard moving < entries[parent] else { break }
      entries[hole] = entries[parent]
      hole = parent
    }
    entries[hole] = moving
  }

  private mutating func siftDown(_ start: Int) {
    let moving = entries[start]
    var hole = start
    while true {
      var child = 2 * hole + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      guard entries[child] < moving else { break }
      entries[hole] = entries[child]
      hole = child
    }
    entries[hole] = moving
  }
}
