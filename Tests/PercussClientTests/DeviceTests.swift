import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire
import Synchronization
import Testing

@Suite("Device")
struct DeviceTests {
  // MARK: Connecting

  @Test func `connecting reads the feature and subscribes to everything (PCS/CL/PR/BV-03)`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      #expect(device.feature.speedMaximumPPM == 2400)
      #expect(device.dialectName == "percuss")
      #expect(
        await link.subscriptions == [
          .percussControlPoint, .percussEvent, .percussTelemetry, .percussRoutineData, .percussClock,
        ])
      #expect(await link.written.isEmpty, "nothing is asked of the device before its user asks")
    }
  }

  @Test(
    arguments: [
      (ScriptedLink.feature(major: 2), "version 2.0"), (ScriptedLink.feature(schema: 0xDEAD_BEEF), "schema 0xdeadbeef"),
      (.success([1, 0, 3]), "cannot be read"), (.success([]), "cannot be read"),
      (.failure(.noSuchCharacteristic(.percussFeature)), "no characteristic Feature"),
      (.failure(.disconnected(.supervisionTimeout)), "the connection ended"),
    ] as [(Result<[UInt8], LinkError>, String)])
  func `what is not a device of this protocol is refused, and why is said (PCS/CL/VE/BI-01, PR/BV-02)`(
    reading: Result<[UInt8], LinkError>, words: String
  ) throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline, readings: [.percussFeature: reading])
      let error = await #expect(throws: DeviceError.self) { _ = try await Device.connect(over: link) }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
      let isIncompatible = if case .incompatible? = error?.reason { true } else { false }
      #expect(await link.disconnections == (isIncompatible ? 1 : 0), "else the link stays the caller's")
      #expect(await link.written.isEmpty)
    }
  }

  @Test func `a device that cannot be subscribed to is refused`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline, subscriptionFailure: .cannotSubscribe(.percussEvent))
      let error = await #expect(throws: DeviceError.self) { _ = try await Device.connect(over: link) }
      #expect(error?.reason == .link(.cannotSubscribe(.percussEvent)))
      #expect(await link.disconnections == 0)
    }
  }

  @Test func `a device that nobody refers to any more is disconnected`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      var device: Device? = try await Device.connect(over: link)
      try await device?.setSpeed(.ppm(1900))
      device = nil
      try await timeline.sleep(for: .milliseconds(1))
      #expect(await link.disconnections == 1)
    }
  }

  // MARK: Operations

  @Test func `operations are the requests of the specification`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      try await device.setSpeed(.ppm(1900), ramp: .milliseconds(500))
      try await device.pause()
      try await device.resume()
      try await device.setForceLimit(.newtons(60))
      try await device.setForceLimit(nil)
      try await device.setTimer(.seconds(90))
      try await device.setTimer(nil)
      try await device.confirm(step: 7)
      try await device.validate(slot: 1)
      try await device.clear(slot: 1)
      try await device.setTelemetryInterval(.milliseconds(50))
      try await device.setTelemetryInterval(nil)
      try await device.reset()
      try await device.stop()
      try await device.releaseControl()
      let bodies = await link.written.compactMap { try? ControlRequest($0.1).body }
      #expect(
        bodies == [
          .setSpeed(speedPPM: 1900, rampMilliseconds: 500), .pause, .resume, .setForceLimit(forceDecinewtons: 600),
          .setForceLimit(forceDecinewtons: 0), .setTimer(durationMilliseconds: 90_000),
          .setTimer(durationMilliseconds: 0),
          .confirm(step: 7), .routineValidate(slot: 1), .routineClear(slot: 1), .setTelemetry(intervalMilliseconds: 50),
          .setTelemetry(intervalMilliseconds: 0), .reset, .stop, .releaseControl,
        ])
    }
  }

  @Test func `arguments that make no sense are refused before anything is sent`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      let calls: [@Sendable () async throws -> Void] = [
        { try await device.setSpeed(.ppm(1900), ramp: .seconds(61)) },
        { try await device.setSpeed(.ppm(1900), ramp: .seconds(-1)) },
        { try await device.setSpeed(.ppm(1900), ramp: .seconds(1e9)) },
        { try await device.setTimer(.zero) }, { try await device.setTimer(.seconds(86_401)) },
        { try await device.setTimer(.milliseconds(9)) }, { try await device.setForceLimit(.newtons(0)) },
        { try await device.takeControl(lease: .milliseconds(499)) },
        { try await device.takeControl(lease: .seconds(61)) },
        { try await device.setTelemetryInterval(.milliseconds(19)) }, { try await device.preset(6) },
        { try await device.preset(0) }, { try await device.seek(to: .seconds(86_401)) },
        { try await device.upload([], to: 0) },
        { try await device.upload([RoutineSegment](repeating: .rest, count: 101), to: 0) },
        { try await device.upload([.rest], to: 2) },
        { try await device.upload([RoutineSegment](repeating: .rest, count: 65_535), to: 0) },
      ]
      for call in calls {
        let error = await #expect(throws: DeviceError.self) { try await call() }
        guard case .invalidArgument = error?.reason else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
      #expect(await link.written.isEmpty)
    }
  }

  @Test func `an answer without its parameters is an error, not a value made up`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(
        over: ScriptedLink(on: timeline) { value, characteristic, type in
          // Success, but shorter than the success of these requests is.
          .init(values: [(.percussControlPoint, [0x80, value[0], value[1], 0x01, 0x00])])
        })
      let calls: [@Sendable () async throws -> Void] = [
        { try await device.takeControl() }, { try await device.preset(1) }, { try await device.startRoutine(slot: 0) },
        { _ = try await device.query(slot: 0) }, { try await device.seek(to: .zero) },
      ]
      for call in calls {
        let error = await #expect(throws: DeviceError.self) { try await call() }
        #expect(
          error?.reason == .noResponse(attempts: 3), "a malformed answer is no answer: \(String(describing: error))")
      }
      #expect(await device.statistics.malformedValues == 15)
    }
  }

  @Test func `the device information is what the device has of it`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(over: ScriptedLink(on: timeline))
      let information = try await device.information()
      #expect(information.manufacturer == "Acme")
      #expect(information.model == "A\u{FFFD}", "no trap on bytes that are no text")
      #expect(information.serialNumber == nil)
    }
  }

  // MARK: Cancellation

  @Test func `a cancelled caller goes on at once`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(over: ScriptedLink(on: timeline) { _, _, _ in .nothing })
      let call = timeline.start { try await device.pause() }
      try await timeline.sleep(for: .milliseconds(10))
      call.cancel()
      let error = await #expect(throws: DeviceError.self) { try await call.value }
      #expect(error?.reason == .cancelled)
      #expect(timeline.now == .zero + .milliseconds(10))
    }
  }

  @Test func `in a cancelled task nothing is sent but a stop and a release`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      let task = timeline.start {
        try? await timeline.sleep(for: .seconds(1))
        await #expect(throws: DeviceError.self) { try await device.setSpeed(.ppm(1900)) }
        await #expect(throws: DeviceError.self) { try await device.upload([.rest], to: 0) }
        try await device.stop()
        try await device.releaseControl()
      }
      task.cancel()
      try await task.value
      #expect(await link.written.compactMap { try? ControlRequest($0.1).opCode } == [.stop, .releaseControl])
    }
  }

  @Test func `a stop is carried through though its caller is cancelled meanwhile`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(over: ScriptedLink(on: timeline) { _, _, _ in .nothing })
      let stop = timeline.start { try await device.stop() }
      try await timeline.sleep(for: .milliseconds(10))
      stop.cancel()
      let error = await #expect(throws: DeviceError.self) { try await stop.value }
      #expect(error?.reason == .noResponse(attempts: 6))
      #expect(timeline.now == .zero + .seconds(3))
    }
  }

  // MARK: Events and telemetry

  @Test func `a slow consumer loses the oldest events, is told how many, and nobody else notices`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      let slow = device.events
      let fast = timeline.start {
        var count = 0
        for await event in device.events { if case .reported = event { count += 1 } }
        return count
      }
      let total = DeviceEvents.limit + 100
      for number in 1...total {
        let event = DeviceEvent(
          counter: UInt8(truncatingIfNeeded: number),
          body: .button(action: .shortPress, timeMicroseconds: UInt64(number)))
        link.send(try event.bytes(), from: .percussEvent)
        try await timeline.sleep(for: .milliseconds(1))
      }
      link.drop(.closedByRemote)
      #expect(try await fast.value == total)
      var events: [Device.Event] = []
      for await event in slow { events.append(event) }
      // The end takes a place too.
      #expect(events.first == .missed(101))
      #expect(events.count == DeviceEvents.limit + 1)
      #expect(events.last == .disconnected(.closedByRemote))
      #expect(await device.statistics.missedEvents == 0)
    }
  }

  @Test func `events lost on the way are told in their place, from the first one on (PCS/CL/EV/BV-01)`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      var events = device.events.makeAsyncIterator()
      let body = DeviceEvent.Body.button(action: .shortPress, timeMicroseconds: 1)
      for counter in [3, 4, 7] as [UInt8] {
        link.send(try DeviceEvent(counter: counter, body: body).bytes(), from: .percussEvent)
      }
      var seen: [String] = []
      for _ in 0..<5 {
        switch await events.next() {
        case .missed(let count): seen.append("missed \(count)")
        case .reported(let event, _): seen.append("\(event.counter)")
        default: seen.append("?")
        }
      }
      #expect(seen == ["missed 2", "3", "4", "missed 2", "7"])
    }
  }

  @Test func `a consumer of events can be cancelled`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(over: ScriptedLink(on: timeline))
      let consumer = timeline.start {
        for await _ in device.events {}
        for await _ in device.telemetry {}
      }
      try await timeline.sleep(for: .seconds(1))
      consumer.cancel()
      try await consumer.value
    }
  }

  // MARK: Clock

  @Test func `a clock exchange that is lost is tried again with another number`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let attempts = Mutex(0)
      let link = ScriptedLink(on: timeline) { value, characteristic, type in
        guard characteristic == .percussClock, let request = try? ClockRequest(value), type == .command else {
          return .nothing
        }
        let attempt = attempts.withLock { count in
          count += 1
          return count
        }
        let reply = ClockReply(
          sequence: attempt == 2 ? request.sequence &+ 77 : request.sequence,
          centralTimeMicroseconds: request.centralTimeMicroseconds, deviceTimeMicroseconds: 5_000_000,
          holdMicroseconds: 40)
        guard attempt > 1, let bytes = try? reply.bytes() else { return .nothing }
        return .init(values: [(.percussClock, bytes)])
      }
      let device = try await Device.connect(over: link)
      let sample = try await device.exchangeClock()
      #expect(sample.deviceMicroseconds == 5_000_000)
      #expect(sample.hold == .microseconds(40))
      #expect(sample.sentAt == .zero + .seconds(2))
      #expect(attempts.withLock { $0 } == 3)
    }
  }

  @Test func `a clock that never answers is given up after three seconds`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(over: ScriptedLink(on: timeline) { _, _, _ in .nothing })
      let error = await #expect(throws: DeviceError.self) { _ = try await device.exchangeClock() }
      #expect(error?.reason == .noResponse(attempts: 3))
      #expect(timeline.now == .zero + .seconds(3))
    }
  }

  @Test func `a device without a clock is not asked for it`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = try await Device.connect(
        over: ScriptedLink(on: timeline, readings: [.percussFeature: ScriptedLink.feature(features: [])]))
      let error = await #expect(throws: DeviceError.self) { _ = try await device.exchangeClock() }
      #expect(error?.description.contains("does not offer its clock") == true)
    }
  }
}

extension RoutineSegment {
  static let rest = RoutineSegment(
    kind: .rest, forceLimitDecinewtons: 0, speedFromPPM: 0, speedToPPM: 0, durationMilliseconds: 1000)
}
