/// Lets three programs run at a time, so that none is so slow for the others' sake that it looks stuck.
actor ProcessLimit {
  static let shared = ProcessLimit()
  private var free = 3
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    guard free == 0 else { return free -= 1 }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
