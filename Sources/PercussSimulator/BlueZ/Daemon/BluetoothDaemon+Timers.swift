internal import PercussBlueZ
internal import PercussTime

/// What the daemon does at an instant.
enum DaemonTimer: Hashable, Sendable, Comparable {
  case connectTimeout(DeviceKey)
  /// Profiles have had their time; the link is ended.
  case endLink(DeviceKey)
  case resolve(DeviceKey)
  case lateConnectedSignal(DeviceKey)
  case temporary(DeviceKey)
  case discoverable(String)
  case pairable(String)
}

extension BluetoothDaemon {
  /// When a `.tick` is due.
  var nextDeadline: MonotonicInstant? { timers.values.min() }

  mutating func setTimer(_ timer: DaemonTimer, after duration: Duration) {
    timers[timer] = now.advanced(by: duration)
  }

  mutating func cancelTimer(_ timer: DaemonTimer) { timers[timer] = nil }

  /// Without its timers a device stays as it is.
  mutating func cancelTimers(of key: DeviceKey) {
    for timer in [
      DaemonTimer.connectTimeout(key), .endLink(key), .resolve(key), .lateConnectedSignal(key), .temporary(key),
    ] {
      timers[timer] = nil
    }
  }

  /// Runs what is due by now, each as a turn of its own. What that sets for now waits for the next tick.
  mutating func runTimers() {
    guard let first = nextDeadline, first <= now else { return }
    let due = timers.filter { $0.value <= now }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for (timer, instant) in due where timers[timer] == instant {
      timers[timer] = nil
      run(timer)
      flush(isIdle: true)
    }
  }

  private mutating func run(_ timer: DaemonTimer) {
    switch timer {
    case .connectTimeout(let key): connectTimedOut(key)
    case .endLink(let key): emit(.disconnect(key))
    case .resolve(let key): resolve(key)
    case .lateConnectedSignal(let key): changed(key, "Connected")
    case .temporary(let key): removeDevice(key)
    case .discoverable(let name):
      guard let index = adapterIndex(name) else { return }
      setDiscoverable(false, index)
    case .pairable(let name):
      guard let index = adapterIndex(name), adapters[index].isPairable else { return }
      adapters[index].isPairable = false
      changed(adapter: index, "Pairable")
    }
  }
}
