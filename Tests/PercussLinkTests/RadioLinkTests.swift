import PercussLink
import PercussTime
import Testing

/// The link layer alone, as a conversation: what is queued when, and what arrives when. Interval 15 ms from instant zero.
@Suite struct RadioLinkTests {
  typealias Link = RadioLink<String>

  @Test func `data moves only at connection events, both ways`() {
    var air = Air()
    air.send("hello", from: .central, at: 1)
    air.send("world", from: .peripheral, at: 14.9)
    air.expect(until: 14.999, [])
    air.expect(until: 15, ["15: hello to peripheral", "15: world to central"])
    // Queued at the very instant of an event, it waits for the next.
    air.send("again", from: .central, at: 15)
    air.expect(until: 100, ["30: again to peripheral"])
    #expect(air.link.nextWakeUp == nil)
    #expect(air.link.statistics.activeEvents == 2)
  }

  @Test func `an idle link wants no wake-up, and keeps its rhythm`() {
    var air = Air()
    air.expect(until: 3_600_000, [])
    air.send("late", from: .peripheral, at: 3_600_001)
    air.expect(until: 3_600_100, ["3600015: late to central"])
  }

  @Test func `an event carries so many packets, in order`() {
    var air = Air { $0.eventCapacity = 2 }
    for value in ["a", "b"] { air.send(value, from: .central, at: 1) }
    #expect(air.link.room(at: .central) == 0)
    air.send("no room", from: .central, at: 1, isTaken: false)
    air.send("acknowledged ones always fit", from: .central, isAcknowledged: true, at: 1)
    air.expect(
      until: 100, ["15: a to peripheral", "15: b to peripheral", "30: acknowledged ones always fit to peripheral"])
  }

  @Test func `the latency of the peripheral delays the central only`() {
    var air = Air { $0.peripheralLatency = 3 }
    air.send("first", from: .central, at: 1)
    air.expect(until: 50, ["15: first to peripheral"])
    air.send("to a sleeper", from: .central, at: 50)
    air.expect(until: 100, ["75: to a sleeper to peripheral"])
    air.send("from a sleeper", from: .peripheral, at: 100)
    air.expect(until: 200, ["105: from a sleeper to central"])
    air.send("when it is up anyway", from: .central, at: 1000)
    air.expect(until: 1100, ["1005: when it is up anyway to peripheral"])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `loss delays, but neither loses nor reorders`(seed: UInt64) {
    var air = Air(seed: seed) {
      $0.lossProbability = 0.3
      $0.eventCapacity = 64
      $0.supervisionTimeout = .seconds(20)
    }
    var arrived: [String] = []
    for value in 0..<100 {
      let now = Double(value) * 20 + 1
      arrived += air.run(until: now)
      air.send("c\(value)", from: .central, at: now)
      air.send("p\(value)", from: .peripheral, at: now)
    }
    arrived += air.run(until: 10_000)
    let names = arrived.map { String($0.split(separator: " ")[1]) }
    #expect(names.filter { $0.hasPrefix("c") } == (0..<100).map { "c\($0)" })
    #expect(names.filter { $0.hasPrefix("p") } == (0..<100).map { "p\($0)" })
    #expect(air.link.statistics.retransmissions > 10)
  }

  @Test func `a host drops unacknowledged values only`() {
    var air = Air {
      $0.dropProbability = 1
    }
    air.send("request", from: .central, isAcknowledged: true, at: 1)
    air.send("command", from: .central, at: 1)
    air.send("notification", from: .peripheral, at: 1)
    air.expect(until: 100, ["15: request to peripheral"])
    #expect(air.link.statistics.dropped == 2)
  }

  @Test func `unacknowledged values overtake each other when told so, and no acknowledged one`() {
    var orders: Set<[String]> = []
    for seed in 0..<50 as Range<UInt64> {
      var air = Air(seed: seed) { $0.reordersUnacknowledged = true }
      for value in ["a", "b", "c"] { air.send(value, from: .peripheral, at: 1) }
      air.send("answer", from: .peripheral, isAcknowledged: true, at: 1)
      air.send("d", from: .peripheral, at: 1)
      let order = air.run(until: 100).map { String($0.split(separator: " ")[1]) }
      #expect(order.suffix(2) == ["answer", "d"])
      orders.insert(order)
    }
    #expect(orders.count == 6)
  }

  @Test func `a stall holds everything back and ends nothing`() {
    var air = Air { $0.disturbances = [.init(.stall, from: ms(100), until: ms(10_000))] }
    air.send("stalled", from: .central, at: 101)
    air.expect(until: 20_000, ["10005: stalled to peripheral"])
  }

  @Test func `a stall does not hold back the end of the link`() {
    var air = Air { $0.disturbances = [.init(.stall, from: ms(100), until: ms(10_000))] }
    air.send("never sent", from: .central, at: 101)
    air.link.close(from: .peripheral, at: ms(200))
    air.expect(
      until: 20_000, ["210: central disconnected, closedByRemote", "210: peripheral disconnected, closedLocally"])
  }

  @Test(arguments: [false, true])
  func `an outage shorter than the supervision timeout only delays`(isBusy: Bool) {
    // The last event before it is at 90 ms; 90 + 2000 = 2090 ms is not reached.
    var air = Air { $0.disturbances = [.init(.outage, from: ms(100), until: ms(2_080))] }
    if isBusy {
      air.send("delayed", from: .central, at: 101)
      air.expect(until: 20_000, ["2085: delayed to peripheral"])
    } else {
      air.expect(until: 20_000, [])
    }
    #expect(air.link.isConnected(.central) && air.link.isConnected(.peripheral))
  }

  @Test(arguments: [false, true], [false, true])
  func `an outage longer than the supervision timeout ends the link, at each end at its own instant`(
    isBusy: Bool, isSteppedThrough: Bool
  ) {
    var air = Air { $0.disturbances = [.init(.outage, from: ms(100), until: ms(2_095))] }
    if isBusy { air.send("lost", from: .central, at: 101) }
    let steps = isSteppedThrough ? stride(from: 110.0, to: 5_000, by: 7).map(\.self) : []
    let happened = steps.flatMap { air.run(until: $0) } + air.run(until: 5_000)
    #expect(
      happened == [
        "2090: peripheral disconnected, supervisionTimeout", "2090.23: central disconnected, supervisionTimeout",
      ])
    #expect(air.link.nextWakeUp == nil)
    air.send("too late", from: .central, at: 5_001, isTaken: false)
  }

  @Test func `with latency, the first event after an outage is in time`() {
    // Attended events: 15, 90, 165, ...; supervision runs from 90 to 1590. Hearing again at 1575 must save the link whenever it is looked at.
    for look in stride(from: 1_576.0, to: 1_700, by: 3) {
      var air = Air {
        $0.peripheralLatency = 4
        $0.supervisionTimeout = .milliseconds(1_500)
        $0.disturbances = [.init(.outage, from: ms(100), until: ms(1_574))]
      }
      air.send("first", from: .central, at: 1)
      air.expect(until: 16, ["15: first to peripheral"])
      air.expect(until: look, [])
      air.expect(until: 10_000, [])
    }
  }

  @Test func `a deaf central gives up first, and delivers one packet at most`() {
    var air = Air { $0.disturbances = [.init(.centralDeaf, from: ms(100), until: ms(60_000))] }
    for value in ["one", "two", "three"] { air.send(value, from: .central, at: 101) }
    air.send("unheard", from: .peripheral, at: 101)
    air.expect(
      until: 60_000,
      [
        "105: one to peripheral", "2090.23: central disconnected, supervisionTimeout",
        "4085: peripheral disconnected, supervisionTimeout",
      ])
  }

  @Test(arguments: RadioEnd.allCases)
  func `closing takes the next event and drops what is queued`(closer: RadioEnd) {
    var air = Air()
    air.send("dropped", from: closer, at: 16)
    air.link.close(from: closer, at: ms(17))
    let other: RadioEnd = closer == .central ? .peripheral : .central
    air.expect(until: 100, ["30: \(other) disconnected, closedByRemote", "30: \(closer) disconnected, closedLocally"])
  }

  @Test func `closing in an outage ends with the supervision timeout`() {
    var air = Air { $0.disturbances = [.init(.outage, from: ms(10), until: ms(60_000))] }
    air.link.close(from: .central, at: ms(17))
    air.expect(
      until: 60_000,
      ["2000: central disconnected, closedLocally", "2000: peripheral disconnected, supervisionTimeout"])
  }

  @Test(arguments: RadioEnd.allCases)
  func `when an end vanishes, the other notices by the supervision timeout`(end: RadioEnd) {
    var air = Air()
    air.send("never sent", from: end, at: 10_001)
    air.link.vanish(end, at: ms(10_003))
    air.send("never sent either", from: end, at: 10_004, isTaken: false)
    air.send("into the void", from: end == .central ? .peripheral : .central, at: 10_010)
    let expected =
      end == .central
      ? "11990: peripheral disconnected, supervisionTimeout" : "11990.23: central disconnected, supervisionTimeout"
    air.expect(until: 60_000, [expected])
  }

  @Test func `parameters out of range are refused, naming them`() {
    func refusal(_ change: (inout RadioParameters) -> Void) -> String? {
      var parameters = RadioParameters()
      change(&parameters)
      do { try parameters.validate() } catch { return error.description }
      return nil
    }
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.interval = .milliseconds(7) }?.contains("7.5 ms to 4 s") == true)
    #expect(refusal { $0.peripheralLatency = 500 }?.contains("0 to 499") == true)
    #expect(refusal { $0.supervisionTimeout = .milliseconds(99) }?.contains("100 ms to 32 s") == true)
    #expect(refusal { $0.peripheralLatency = 99 }?.contains("more than twice") == true)
    #expect(refusal { $0.maximumTransmissionUnit = 22 }?.contains("23 to 517") == true)
    #expect(refusal { $0.eventCapacity = 0 }?.contains("1 to 64") == true)
    #expect(refusal { $0.lossProbability = .nan }?.contains("0 to 0.9") == true)
    #expect(refusal { $0.dropProbability = -0.1 }?.contains("0 to 1") == true)
  }
}

func ms(_ milliseconds: Double) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: Int64((milliseconds * 1_000_000).rounded()))
}

/// A link and its clock, in milliseconds.
private struct Air {
  var link: RadioLink<String>

  init(seed: UInt64 = 0, _ configure: (inout RadioParameters) -> Void = { _ in }) {
    var parameters = RadioParameters()
    configure(&parameters)
    link = RadioLink(parameters: parameters, start: .zero, seed: seed)
  }

  mutating func send(
    _ value: String, from end: RadioEnd, isAcknowledged: Bool = false, at time: Double, isTaken: Bool = true,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let taken = link.send(value, from: end, isAcknowledged: isAcknowledged, at: ms(time))
    #expect(taken == isTaken, sourceLocation: location)
  }

  /// What happens until then, each with its instant.
  mutating func run(until time: Double) -> [String] {
    var happened: [String] = []
    while let next = link.nextWakeUp, next <= ms(time) {
      let (whole, rest) = next.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
      let stamp = rest == 0 ? "\(whole)" : "\(Double(next.nanoseconds) / 1_000_000)"
      for output in link.advance(to: next) {
        switch output {
        case .delivered(let value, let end): happened.append("\(stamp): \(value) to \(end)")
        case .disconnected(let end, let reason):
          let name = ["closedByRemote": DisconnectReason.closedByRemote, "closedLocally": .closedLocally]
            .first { $0.value == reason }?.key
          happened.append("\(stamp): \(end) disconnected, \(name ?? "supervisionTimeout")")
        }
      }
    }
    _ = link.advance(to: ms(time))
    return happened
  }

  mutating func expect(until time: Double, _ expected: [String], at location: SourceLocation = #_sourceLocation) {
    #expect(run(until: time) == expected, sourceLocation: location)
  }
}
