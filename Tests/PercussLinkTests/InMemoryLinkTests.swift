import PercussGATT
import PercussLink
import PercussTime
import Testing

/// Both ends of a link, as a conversation. Interval 15 ms; the link is made at instant zero.
@Suite struct InMemoryLinkTests {
  @Test func `requests take their turns, one event there and one back`() throws {
    try converse { link, peripheral, timeline in
      async let first: Void = link.write([1], to: .percussControlPoint, type: .request)
      async let second: Void = link.write([2], to: .percussControlPoint, type: .request)
      async let third = link.read(.percussFeature)
      try await first
      try await second
      #expect(try await third == [1, 2, 3])
      #expect(timeline.now == ms(90))
    } diary: {
      [
        "0: central 1 connected", "15: request [1] to Control Point", "45: request [2] to Control Point",
        "75: read of Feature",
      ]
    }
  }

  @Test func `commands need no answer and bulk data waits for room`() throws {
    try converse {
      $0.eventCapacity = 5
    } with: { link, peripheral, timeline in
      for value in 1...5 as ClosedRange<UInt8> {
        try await link.write([value], to: .percussRoutineData, type: .command)
      }
      #expect(timeline.now == ms(30))
      try await timeline.sleep(until: ms(100))
    } diary: {
      [
        "0: central 1 connected", "15: command [1] to Routine Data", "15: command [2] to Routine Data",
        "30: command [3] to Routine Data", "30: command [4] to Routine Data", "45: command [5] to Routine Data",
      ]
    }
  }

  @Test func `bulk data leaves room for a request and an urgent command in the same event`() throws {
    try converse {
      $0.eventCapacity = 5
    } with: { link, peripheral, timeline in
      for value in 1...2 as ClosedRange<UInt8> {
        try await link.write([value], to: .percussRoutineData, type: .command)
      }
      let bulk = timeline.start { try await link.write([3], to: .percussRoutineData, type: .command) }
      async let request: Void = link.write([4], to: .percussControlPoint, type: .request)
      try await timeline.sleep(until: ms(5))
      try await link.write([5], to: .percussControlPoint, type: .command)
      #expect(timeline.now == ms(5))
      _ = try await (request, bulk.value)
      try await timeline.sleep(until: ms(100))
    } diary: {
      [
        "0: central 1 connected", "15: command [1] to Routine Data", "15: command [2] to Routine Data",
        "15: request [4] to Control Point", "15: command [5] to Control Point", "30: command [3] to Routine Data",
      ]
    }
  }

  @Test func `commands that wait keep their order, and too many are refused`() throws {
    try converse {
      $0.eventCapacity = 1
    } with: { link, peripheral, timeline in
      let busy = try await withThrowingTaskGroup(of: Bool.self) { group in
        for value in 0..<40 as Range<UInt8> {
          group.addTask {
            do { try await link.write([value], to: .percussRoutineData, type: .command) } catch {
              #expect(error as? LinkError == .busy(limit: 32))
              return true
            }
            return false
          }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(busy == 7)
      try await timeline.sleep(for: .seconds(1))
      #expect(peripheral.diary.dropFirst().map { $0.drop { $0 != "[" } } == (0..<33).map { "[\($0)] to Routine Data" })
    }
  }

  @Test func `a refusal comes back as it was given`() throws {
    try converse { link, peripheral, _ in
      peripheral.configure { $0.refusal = ATTError(0x81) }
      await #expect(throws: LinkError.attribute(ATTError(0x81), characteristic: .percussControlPoint)) {
        try await link.write([1], to: .percussControlPoint, type: .request)
      }
      await #expect(throws: LinkError.attribute(ATTError(0x81), characteristic: .percussEvent)) {
        try await link.read(.percussEvent)
      }
    }
  }

  @Test func `what the profile forbids never reaches the peripheral`() throws {
    try converse { link, _, timeline in
      await #expect(throws: LinkError.attribute(.readNotPermitted, characteristic: .percussTelemetry)) {
        try await link.read(.percussTelemetry)
      }
      await #expect(throws: LinkError.attribute(.writeNotPermitted, characteristic: .percussTelemetry)) {
        try await link.write([1], to: .percussTelemetry, type: .request)
      }
      try await link.write([1], to: .percussTelemetry, type: .command)
      await #expect(throws: LinkError.cannotSubscribe(.percussFeature)) {
        try await link.subscribe(to: [.percussFeature])
      }
      await #expect(throws: LinkError.cannotSubscribe(.percussFeature)) {
        try await link.unsubscribe(from: [.percussFeature])
      }
      await #expect(throws: LinkError.noSuchCharacteristic(BluetoothUUID(0x2A00))) {
        try await link.read(BluetoothUUID(0x2A00))
      }
      await #expect(throws: LinkError.tooLong(count: 245, maximum: 244)) {
        try await link.write([UInt8](repeating: 0, count: 245), to: .percussControlPoint, type: .request)
      }
      try await timeline.sleep(for: .seconds(1))
    } diary: {
      ["0: central 1 connected"]
    }
  }

  @Test(arguments: [0, 1, 21, 22, 23, 44, 45, 511, 512])
  func `long values are read whole at the smallest ATT_MTU`(length: Int) throws {
    let value = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    try converse {
      $0.maximumTransmissionUnit = 23
    } with: { link, peripheral, timeline in
      peripheral.configure { $0.values[.modelNumber] = value }
      let whole = try await link.read(.modelNumber)
      #expect(whole == value)
      #expect(peripheral.diary == ["0: central 1 connected", "15: read of Model Number"])
    }
  }

  @Test func `only subscribers are notified, in batches by connection event`() throws {
    try converse {
      $0.maximumTransmissionUnit = 23
    } with: { link, peripheral, timeline in
      let port = try #require(peripheral.port())
      #expect(!port.notify([0], of: .percussTelemetry))
      #expect(!port.indicate([0], of: .percussControlPoint))
      try await link.subscribe(to: [.percussTelemetry, .percussEvent])
      #expect(timeline.now == ms(60))
      for value in 1...6 as ClosedRange<UInt8> { #expect(port.notify([value], of: .percussTelemetry)) }
      #expect(!port.notify([7], of: .percussTelemetry))
      try await timeline.sleep(for: .milliseconds(30))
      #expect(port.notify([UInt8](repeating: 9, count: 30), of: .percussEvent))
      try await timeline.sleep(for: .milliseconds(30))
      await link.disconnect()

      var batches: [[LinkEvent]] = []
      for await batch in link.events { batches.append(batch) }
      #expect(
        batches == [
          (1...6).map { .value(.percussTelemetry, [$0], at: ms(75)) },
          [.value(.percussEvent, [UInt8](repeating: 9, count: 20), at: ms(105))],
          [.disconnected(.closedLocally)],
        ])
      #expect(await link.statistics.refused == 1)
    } diary: {
      [
        "0: central 1 connected", "15: subscription to Telemetry", "45: subscription to Event",
        "135: central 1 disconnected, 19",
      ]
    }
  }

  @Test func `one indication is on its way at a time`() throws {
    try converse { link, peripheral, timeline in
      try await link.subscribe(to: [.percussControlPoint])
      let port = try #require(peripheral.port())
      let taken = (0..<20 as Range<UInt8>).map { port.indicate([$0], of: .percussControlPoint) }
      #expect(taken.count { $0 } == 17)
      try await timeline.sleep(for: .seconds(1))
      await link.disconnect()
      var arrived: [LinkEvent] = []
      for await batch in link.events { arrived += batch }
      // Out in one event, confirmed in the next, and the next one out in the event after that.
      #expect(
        arrived.dropLast() == (0..<17).map { .value(.percussControlPoint, [$0], at: ms(45 + 30 * Double($0))) }[...])
      #expect(peripheral.diary.count { $0.hasSuffix("confirmation of Control Point") } == 17)
    }
  }

  @Test func `a late answer holds back the next request and nothing else`() throws {
    try converse { link, peripheral, timeline in
      try await link.subscribe(to: [.percussTelemetry])
      peripheral.configure { $0.answerDelay = .milliseconds(100) }
      async let first: Void = link.write([1], to: .percussControlPoint, type: .request)
      async let second = link.read(.percussFeature)
      try await timeline.sleep(until: ms(70))
      try await link.write([2], to: .percussClock, type: .command)
      #expect(peripheral.port()?.notify([3], of: .percussTelemetry) == true)
      try await first
      // Arrived at 45 ms, answered at 145 ms, sent in the event at 150 ms.
      #expect(timeline.now == ms(150))
      for await batch in link.events {
        #expect(batch == [.value(.percussTelemetry, [3], at: ms(75))])
        break
      }
      #expect(try await second == [1, 2, 3])
    } diary: {
      [
        "0: central 1 connected", "15: subscription to Telemetry", "45: request [1] to Control Point",
        "75: command [2] to Clock", "165: read of Feature",
      ]
    }
  }

  @Test(arguments: [nil, .milliseconds(40)] as [Duration?])
  func `a second answer answers nothing else`(delay: Duration?) throws {
    try converse { link, peripheral, timeline in
      peripheral.configure {
        $0.answerDelay = delay
        $0.answerCount = 3
      }
      for value in 1...5 as ClosedRange<UInt8> {
        peripheral.configure { $0.values[.modelNumber] = [value] }
        #expect(try await link.read(.modelNumber) == [value])
        try await link.write([value], to: .percussControlPoint, type: .request)
      }
      try await timeline.sleep(for: .seconds(1))
      #expect(await link.statistics.deliveredToCentral == 10)
    }
  }

  @Test func `an answer after 30 seconds finds no link any more`() throws {
    try converse { link, peripheral, timeline in
      peripheral.configure { $0.answerDelay = .seconds(31) }
      let expected = LinkError.timedOut("the value of Feature", after: .seconds(30))
      await #expect(throws: expected) { try await link.read(.percussFeature) }
      try await timeline.sleep(for: .seconds(10))
      #expect(await link.statistics.deliveredToCentral == 0)
    } diary: {
      ["0: central 1 connected", "15: read of Feature", "30015: central 1 disconnected, 19"]
    }
  }

  @Test func `an unsubscribed characteristic is silent, and what waits for it is dropped`() throws {
    try converse { link, peripheral, timeline in
      try await link.unsubscribe(from: [.percussTelemetry])
      try await link.subscribe(to: [.percussTelemetry, .percussControlPoint])
      let port = try #require(peripheral.port())
      for value in 1...3 as ClosedRange<UInt8> { #expect(port.indicate([value], of: .percussControlPoint)) }
      try await link.unsubscribe(from: [.percussTelemetry, .percussControlPoint])
      #expect(!port.notify([4], of: .percussTelemetry))
      #expect(!port.indicate([4], of: .percussControlPoint))
      try await timeline.sleep(for: .seconds(1))
      await link.disconnect()
      var arrived: [LinkEvent] = []
      for await batch in link.events { arrived += batch }
      #expect(
        arrived == [
          .value(.percussControlPoint, [1], at: ms(105)), .value(.percussControlPoint, [2], at: ms(135)),
          .disconnected(.closedLocally),
        ])
      await #expect(throws: LinkError.disconnected(.closedLocally)) {
        try await link.unsubscribe(from: [.percussTelemetry])
      }
    } diary: {
      [
        "0: central 1 connected", "45: subscription to Telemetry", "75: subscription to Control Point",
        "105: end of Telemetry", "120: confirmation of Control Point", "135: end of Control Point",
        "150: confirmation of Control Point", "1155: central 1 disconnected, 19",
      ]
    }
  }

  @Test func `an answer sent from within a write follows its response`() throws {
    try converse { link, peripheral, timeline in
      peripheral.configure { $0.echoes = true }
      try await link.subscribe(to: [.percussControlPoint])
      try await link.write([7], to: .percussControlPoint, type: .request)
      for await batch in link.events {
        #expect(batch == [.value(.percussControlPoint, [7], at: ms(60))])
        break
      }
      #expect(timeline.now == ms(60))
    }
  }

  @Test func `either end may close, and what waits fails with the reason`() throws {
    try converse { link, peripheral, timeline in
      peripheral.port()?.disconnect()
      await #expect(throws: LinkError.disconnected(.closedByRemote)) { try await link.read(.percussFeature) }
      await #expect(throws: LinkError.disconnected(.closedByRemote)) { try await link.read(.percussFeature) }
      await #expect(throws: LinkError.disconnected(.closedByRemote)) {
        try await link.write([1], to: .percussClock, type: .command)
      }
      await link.disconnect()
      var last: [LinkEvent] = []
      for await batch in link.events { last = batch }
      #expect(last == [.disconnected(.closedByRemote)])
    } diary: {
      // The request was on its way already; its response had no time any more.
      ["0: central 1 connected", "15: read of Feature", "15: central 1 disconnected, 22"]
    }
  }

  @Test func `an outage ends requests with the supervision timeout`() throws {
    try converse { link, peripheral, timeline in
      await link.disturb(.outage, for: .seconds(60))
      await #expect(throws: LinkError.disconnected(.supervisionTimeout)) { try await link.read(.percussFeature) }
      #expect(timeline.now == ms(2000))
      #expect(peripheral.port() == nil)
    } diary: {
      ["0: central 1 connected", "2000: central 1 disconnected, 8"]
    }
  }

  @Test func `a request stalled for 30 seconds is given up, and the link with it`() throws {
    try converse { link, peripheral, timeline in
      await link.disturb(.stall, for: .seconds(100))
      let expected = LinkError.timedOut("the response to a write to Control Point", after: .seconds(30))
      await #expect(throws: expected) { try await link.write([1], to: .percussControlPoint, type: .request) }
      #expect(timeline.now == ms(30_000))
      await #expect(throws: LinkError.disconnected(.closedLocally)) { try await link.read(.percussFeature) }
    }
  }

  @Test func `a stalled command is given up after 30 seconds too`() throws {
    try converse {
      $0.eventCapacity = 1
    } with: { link, peripheral, timeline in
      await link.disturb(.stall, for: .seconds(100))
      try await link.write([1], to: .percussClock, type: .command)
      await #expect(throws: LinkError.timedOut("room to send a command to Clock", after: .seconds(30))) {
        try await link.write([2], to: .percussClock, type: .command)
      }
      try await timeline.sleep(for: .seconds(100))
    } diary: {
      ["0: central 1 connected", "100005: command [1] to Clock"]
    }
  }

  @Test func `a killed central is missed by the supervision timeout`() throws {
    try converse { link, peripheral, timeline in
      try await link.subscribe(to: [.percussTelemetry])
      try await link.write([1], to: .percussClock, type: .command)
      await link.vanish(.central)
      await #expect(throws: LinkError.disconnected(.closedLocally)) { try await link.read(.percussFeature) }
      #expect(await link.isPeripheralConnected)
      try await timeline.sleep(for: .seconds(5))
      #expect(await !link.isPeripheralConnected)
    } diary: {
      ["0: central 1 connected", "15: subscription to Telemetry", "2030: central 1 disconnected, 8"]
    }
  }

  @Test func `a peripheral without power is missed by the supervision timeout`() throws {
    try converse { link, peripheral, timeline in
      await link.vanish(.peripheral)
      #expect(peripheral.port()?.notify([1], of: .percussTelemetry) == false)
      await #expect(throws: LinkError.disconnected(.supervisionTimeout)) { try await link.read(.percussFeature) }
      #expect(timeline.now == ms(2000))
    } diary: {
      ["0: central 1 connected"]
    }
  }

  @Test func `parameters out of range connect nothing`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let peripheral = EchoPeripheral(timeline: timeline)
      var parameters = RadioParameters()
      parameters.interval = .seconds(5)
      #expect(throws: LinkError.self) {
        try InMemoryLink.connect(to: peripheral, on: timeline, parameters: parameters)
      }
      #expect(peripheral.diary == [])
    }
  }

  @Test(arguments: [nil, 3] as [UInt64?])
  func `equal seeds give equal conversations on a bad link`(order: UInt64?) throws {
    func conversation(seed: UInt64) throws -> [String] {
      let timeline = VirtualTimeline(seed: order)
      var parameters = RadioParameters()
      parameters.lossProbability = 0.2
      parameters.dropProbability = 0.2
      parameters.reordersUnacknowledged = true
      return try timeline.run { [parameters] in
        let peripheral = EchoPeripheral(timeline: timeline)
        let link = try InMemoryLink.connect(to: peripheral, on: timeline, parameters: parameters, seed: seed)
        for value in 0..<50 as Range<UInt8> {
          try await link.write([value], to: .percussRoutineData, type: .command)
          if value % 10 == 0 { try await link.write([value], to: .percussControlPoint, type: .request) }
        }
        try await timeline.sleep(for: .seconds(1))
        await link.disconnect()
        return peripheral.diary
      }
    }
    #expect(try conversation(seed: 5) == conversation(seed: 5))
    #expect(try conversation(seed: 5) != conversation(seed: 6))
  }

  @Test func `the same conversation in real time`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let peripheral = EchoPeripheral(timeline: timeline)
    try await timeline.run {
      let link = try InMemoryLink.connect(to: peripheral, on: timeline)
      try await link.subscribe(to: [.percussTelemetry])
      #expect(peripheral.port()?.notify([1], of: .percussTelemetry) == true)
      for await batch in link.events {
        guard case .value(.percussTelemetry, [1], _) = batch.first else { continue }
        break
      }
      #expect(try await link.read(.percussFeature) == [1, 2, 3])
      await link.disconnect()
      #expect(peripheral.port() == nil)
    }
  }

  private func converse(
    _ configure: (inout RadioParameters) -> Void = { _ in },
    with conversation: @escaping @Sendable (InMemoryLink, EchoPeripheral, VirtualTimeline) async throws -> Void,
    diary: (() -> [String])? = nil, at location: SourceLocation = #_sourceLocation
  ) throws {
    var parameters = RadioParameters()
    configure(&parameters)
    let timeline = VirtualTimeline()
    let peripheral = EchoPeripheral(timeline: timeline)
    try timeline.run { [parameters] in
      let link = try InMemoryLink.connect(to: peripheral, on: timeline, parameters: parameters)
      try await conversation(link, peripheral, timeline)
    }
    #expect(timeline.foreignEnqueues == 0, sourceLocation: location)
    if let diary { #expect(peripheral.diary == diary(), sourceLocation: location) }
  }

  private func converse(
    _ conversation: @escaping @Sendable (InMemoryLink, EchoPeripheral, VirtualTimeline) async throws -> Void,
    diary: (() -> [String])? = nil, at location: SourceLocation = #_sourceLocation
  ) throws {
    try converse({ _ in }, with: conversation, diary: diary, at: location)
  }
}
