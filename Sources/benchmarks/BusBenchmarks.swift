import CBusBaselines
import Glibc
import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime

extension BusBench {
  /// What is measured here, so that no bus is made when none of it is wanted.
  static let benchmarkNames = [
    "dbus.call.p50", "dbus.pipelined.rate", "dbus.cpu", "acquire_write.rate", "acquire_notify.rate",
  ]
}

/// The benchmarks of the bus, all against the same stand-in for bluetoothd.
func busBenchmarks(_ bench: BusBench) -> [Benchmark] {
  [callLatency(bench), pipelinedRate(bench), processorTime(bench), acquiredWriteRate(bench), acquiredNotifyRate(bench)]
}

// PERCUSS_MOCK_REQUEST, which is put together from macros and so out of Swift's reach.
private let requestPath = "\(PERCUSS_MOCK_ADAPTER)/dev_C0_FF_EE_00_00_01/service0001/char0002"
private let calls = 200
private let pipelinedCalls = 2_016
private let callsUnderWay = 32
private let packets = 40_000
/// A round takes a tenth of a second; one that takes this long will not end.
private let roundLimit: Duration = .seconds(30)

/// Writes with response through a link, one after the other: the median time of one, against a C program that blocks in libdbus.
private func callLatency(_ bench: BusBench) -> Benchmark {
  let link = bench.link
  return Benchmark(
    name: "dbus.call.p50", unit: "us", goal: .ratio(1.1),
    ours: {
      try bench.timeline.run {
        var samples: [Double] = []
        for number in 0..<calls {
          let start = MonotonicInstant.ofSystem()
          try await link.write(value(number), to: .benchRequest, type: .request)
          samples.append(seconds(since: start) * 1e6)
        }
        return median(samples) ?? .nan
      }
    },
    baseline: { try figure(percuss_bus_client_call(bench.c, calls)) })
}

/// Calls a second with 32 of them under way, against C with the watches of libdbus in an epoll loop. At the level of messages, since a link has
/// one write with response of a characteristic under way at a time, as ATT does.
private func pipelinedRate(_ bench: BusBench) -> Benchmark {
  let connection = bench.connection
  return Benchmark(
    name: "dbus.pipelined.rate", unit: "calls per second", goal: .ratioAtLeast(1),
    ours: {
      try bench.timeline.run {
        guard let path = ObjectPath(requestPath) else { throw BenchmarkFailure("\(requestPath) is no path") }
        let start = MonotonicInstant.ofSystem()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<callsUnderWay {
            group.addTask {
              for number in 0..<pipelinedCalls / callsUnderWay {
                _ = try await connection.call(
                  MethodCall(
                    destination: "org.bluez", path: path, interface: "org.bluez.GattCharacteristic1",
                    member: "WriteValue",
                    arguments: [.bytes(value(number)), .properties(["type": .string("request")])]))
              }
            }
          }
          try await group.waitForAll()
        }
        return Double(pipelinedCalls) / seconds(since: start)
      }
    },
    baseline: { try figure(percuss_bus_client_pipelined(bench.c, pipelinedCalls, callsUnderWay)) })
}

/// Processor time of the whole client per write with response, one at a time, against Bleak's `write_gatt_char`.
private func processorTime(_ bench: BusBench) -> Benchmark {
  let link = bench.link
  return Benchmark(
    name: "dbus.cpu", unit: "us per call", goal: .ratio(0.5),
    ours: {
      try bench.timeline.run {
        let start = processorSeconds()
        for number in 0..<calls {
          try await link.write(value(number), to: .benchRequest, type: .request)
        }
        return (processorSeconds() - start) / Double(calls) * 1e6
      }
    },
    baseline: bench.bleak.map { bleak in { try bleak.order("call \(calls)") } })
}

/// Packets a second into the descriptor of AcquireWrite, against C.
private func acquiredWriteRate(_ bench: BusBench) -> Benchmark {
  let (link, timeline) = (bench.link, bench.timeline)
  return Benchmark(
    name: "acquire_write.rate", unit: "packets per second", goal: .ratioAtLeast(0.9),
    ours: {
      try timeline.run {
        let before = try await packetsReceived(from: link)
        let writer = try await link.acquireWriter(for: .benchSink)
        let start = MonotonicInstant.ofSystem()
        let deadline = start.advanced(by: roundLimit)
        var value = value(0)
        for number in 0..<packets {
          value[0] = UInt8(truncatingIfNeeded: number)
          while true {
            let outcome = writer.send(value)
            if outcome == .sent { break }
            guard outcome == .full, timeline.now < deadline else {
              throw BenchmarkFailure("packet \(number) of \(packets) was not sent: \(outcome)")
            }
            try await timeline.sleep(for: .microseconds(50))
          }
        }
        let rate = Double(packets) / seconds(since: start)
        writer.close()
        while try await packetsReceived(from: link) < before + UInt64(packets) {
          guard timeline.now < deadline else { throw BenchmarkFailure("packets were lost") }
          try await timeline.sleep(for: .milliseconds(1))
        }
        return rate
      }
    },
    baseline: { try figure(percuss_bus_client_acquired_write(bench.c, packets)) })
}

/// Notifications a second through the descriptor of AcquireNotify, counted where the user's code gets them, against Bleak's callback.
private func acquiredNotifyRate(_ bench: BusBench) -> Benchmark {
  let (link, timeline) = (bench.link, bench.timeline)
  return Benchmark(
    name: "acquire_notify.rate", unit: "values per second", goal: .ratioAtLeast(3),
    ours: {
      try timeline.run {
        // Were values missing, the wait for the next would not end by itself.
        let limit = timeline.schedule(after: roundLimit) { timeline.start { await link.disconnect() } }
        defer { limit.cancel() }
        try await link.subscribe(to: [.benchSource])
        let count = UInt32(packets)
        let start = MonotonicInstant.ofSystem()
        try await link.write(
          (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }, to: .benchFlood, type: .request)
        var received = 0
        for await batch in link.events {
          for case .value(.benchSource, let value, _) in batch {
            guard value.count == 20, value[0] == UInt8(truncatingIfNeeded: received) else {
              throw BenchmarkFailure("value \(received) is not the one that was sent")
            }
            received += 1
          }
          if received == packets { break }
        }
        let rate = Double(packets) / seconds(since: start)
        guard received == packets else { throw BenchmarkFailure("\(received) of \(packets) values came") }
        try await link.unsubscribe(from: [.benchSource])
        return rate
      }
    },
    baseline: bench.bleak.map { bleak in { try bleak.order("notify \(packets)") } })
}

/// How many packets the stand-in has got so far.
private func packetsReceived(from link: BlueZLink) async throws -> UInt64 {
  try await link.read(.benchSink).reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private func value(_ number: Int) -> [UInt8] {
  [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 20)
}

extension BluetoothUUID {
  fileprivate static let benchRequest = BluetoothUUID(percuss: 0x0102)
  fileprivate static let benchSink = BluetoothUUID(percuss: 0x0104)
  fileprivate static let benchSource = BluetoothUUID(percuss: 0x0106)
  fileprivate static let benchFlood = BluetoothUUID(percuss: 0x0108)
}

/// The baselines in C say that they failed by a negative figure.
private func figure(_ value: Double) throws -> Double {
  guard value >= 0 else { throw BenchmarkFailure("the C client failed") }
  return value
}

private func seconds(since start: MonotonicInstant) -> Double {
  Double(MonotonicInstant.ofSystem().nanoseconds - start.nanoseconds) / 1e9
}

/// Of all threads of this process, in user and system mode; what Python's `time.process_time` reads.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
