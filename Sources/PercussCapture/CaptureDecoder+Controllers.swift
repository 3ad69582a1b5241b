// HCI events: which connections there are.
extension CaptureDecoder {
  mutating func event(_ record: CaptureRecord, _ packet: RawSpan, into observer: inout some CaptureObserver) {
    guard packet.byteCount >= 2 else {
      observer.problem(CaptureProblem(record, .truncated(.event, needed: 2, available: packet.byteCount)))
      return
    }
    let code = packet.byte(0)
    switch code {
    case 0x03, 0x05, 0x08, 0x0E, 0x3E, 0x59: break
    default: return  // Nothing that is followed, so that its length does not matter either.
    }
    let stated = Int(packet.byte(1))
    let actual = packet.byteCount &- 2
    guard actual >= stated else {
      observer.problem(CaptureProblem(record, .truncated(.event, needed: stated &+ 2, available: packet.byteCount)))
      return
    }
    if actual > stated {
      observer.problem(CaptureProblem(record, .lengthDiffers(.event, stated: stated, actual: actual), at: 1))
    }
    let parameters = packet.extracting(2..<2 &+ stated)
    let needed = Self.length(of: code, parameters)
    guard parameters.byteCount >= needed else {
      observer.problem(
        CaptureProblem(record, .truncated(.event, needed: needed &+ 2, available: parameters.byteCount &+ 2)))
      return
    }
    switch code {
    case 0x03 where parameters.byte(0) == 0:
      // A connection of BR/EDR has the handle now.
      if let slot = slot(record.controller, parameters.little16(1) & 0xFFF) {
        end(slot, record, .replaced, into: &observer)
      }
    case 0x05 where parameters.byte(0) == 0:
      if let slot = slot(record.controller, parameters.little16(1) & 0xFFF) {
        end(slot, record, .disconnected(reason: parameters.byte(3)), into: &observer)
      }
    case 0x08 where parameters.byte(0) == 0, 0x59 where parameters.byte(0) == 0:
      tell(record, parameters.little16(1), .encryption(isOn: parameters.byte(3) != 0), into: &observer)
    case 0x0E where parameters.byteCount >= 4: commandComplete(record, parameters, into: &observer)
    case 0x3E: lowEnergy(record, parameters, into: &observer)
    default: break
    }
  }

  /// The bytes that an event must have for the fields that are read.
  private static func length(of code: UInt8, _ parameters: RawSpan) -> Int {
    switch code {
    case 0x03: 11
    case 0x05, 0x08: 4
    case 0x59: 5
    case 0x3E:
      switch parameters.byteCount > 0 ? parameters.byte(0) : 0 {
      case 0x01: 19
      case 0x03: 10
      case 0x0A: 31
      case 0x29: 34
      default: 1
      }
    default: 3
    }
  }

  private mutating func commandComplete(
    _ record: CaptureRecord, _ parameters: RawSpan, into observer: inout some CaptureObserver
  ) {
    guard parameters.byte(3) == 0 else { return }
    switch parameters.little16(1) {
    case 0x0C03:  // Reset
      endAll(record, into: &observer)
      tell(record, .reset, into: &observer)
    case 0x1009 where parameters.byteCount >= 10:  // Read BD_ADDR
      tellAddress(record, CapturedAddress(parameters, at: 4, isRandom: false), into: &observer)
    default: break
    }
  }

  private mutating func lowEnergy(
    _ record: CaptureRecord, _ event: RawSpan, into observer: inout some CaptureObserver
  ) {
    let subevent = event.byte(0)
    switch subevent {
    case 0x01, 0x0A, 0x29:
      let address = CapturedAddress(event, at: 6, isRandom: event.byte(5) & 1 == 1)
      guard event.byte(1) == 0 else {
        let peer = address.number == 0 ? nil : address
        tell(record, .connectionFailed(peer: peer, status: event.byte(1)), into: &observer)
        return
      }
      let parameters = CapturedParameters(event, at: subevent == 0x01 ? 12 : 24)
      connected(record, event.little16(2) & 0xFFF, role: event.byte(4), address, parameters, into: &observer)
    case 0x03:
      let status = event.byte(1)
      let kind: ConnectionEvent.Kind =
        status == 0 ? .parameters(CapturedParameters(event, at: 4)) : .parametersRefused(status: status)
      tell(record, event.little16(2), kind, into: &observer)
    default: break
    }
  }

  private mutating func connected(
    _ record: CaptureRecord, _ handle: UInt16, role: UInt8, _ peer: CapturedAddress, _ parameters: CapturedParameters,
    into observer: inout some CaptureObserver
  ) {
    if let slot = slot(record.controller, handle) { end(slot, record, .replaced, into: &observer) }
    guard knowsController(record, into: &observer) else { return }
    let connection = CapturedConnection(
      number: 0, controller: record.controller, handle: handle, peer: peer, role: CapturedRole(rawValue: role))
    guard let slot = open(connection, tables: tables(of: connection, isNew: false)) else {
      observer.problem(CaptureProblem(record, .limit("more than \(CaptureLimits.connections) connections at a time")))
      return
    }
    announce(slot, record, .connected(parameters), into: &observer)
  }

  /// The places of the tables of a connection's servers.
  ///
  /// - Parameter isNew: whether what is known of a peer without an address belongs to another one.
  mutating func tables(of connection: CapturedConnection, isNew: Bool) -> (peer: Int, local: Int) {
    let controller = connection.controller
    let peerKey = connection.peer.map { ServerKey.peer(controller, $0) } ?? .unknown(controller, connection.handle)
    let peer = table(of: peerKey, address: connection.peer, isPeripheral: connection.role != .peripheral)
    if isNew, peer > 0, connection.peer == nil {
      attributeCount &-= tables[peer].count
      tables[peer] = AttributeTable()
      forgetRecentValues()
      fill(peer, for: nil, isPeripheral: true)
    }
    let local = table(
      of: .local(controller), address: controllers[controller]?.address, isPeripheral: connection.role != .central)
    return (peer, local)
  }

  /// The place of a server's table; the first of all, which stays empty, when there are too many.
  private mutating func table(of key: ServerKey, address: CapturedAddress?, isPeripheral: Bool) -> Int {
    if let place = tablePlaces[key] { return place }
    guard tables.count < CaptureLimits.servers else { return 0 }
    tables.append(AttributeTable())
    tablePlaces[key] = tables.count &- 1
    fill(tables.count &- 1, for: address, isPeripheral: isPeripheral)
    return tables.count &- 1
  }

  private mutating func fill(_ place: Int, for address: CapturedAddress?, isPeripheral: Bool) {
    guard !saved.isEmpty, isPeripheral || address.map({ saved.knows($0) }) == true else { return }
    for (handle, uuid) in saved.attributes(of: address) where attributeCount < CaptureLimits.attributes {
      if tables[place].learn(type: uuid, at: handle) { attributeCount &+= 1 }
    }
  }

  /// Makes an adapter known; false when there are too many.
  private mutating func knowsController(_ record: CaptureRecord, into observer: inout some CaptureObserver) -> Bool {
    if controllers[record.controller] != nil { return true }
    guard controllers.count < CaptureLimits.controllers else {
      observer.problem(CaptureProblem(record, .limit("more than \(CaptureLimits.controllers) adapters")))
      return false
    }
    controllers[record.controller] = Controller()
    return true
  }

  /// Tells the observer of a connection for the first time.
  mutating func announce(
    _ slot: Int, _ record: some RecordPlace, _ kind: ConnectionEvent.Kind, into observer: inout some CaptureObserver
  ) {
    connectionCount &+= 1
    let known = links[slot].connection
    links[slot].connection = CapturedConnection(
      number: connectionCount, controller: known.controller, handle: known.handle, peer: known.peer, role: known.role)
    heads[slot].number = connectionCount
    tell(record, slot, kind, into: &observer)
  }

  /// Tells what happened to a connection, which must have been announced.
  mutating func tell(
    _ record: some RecordPlace, _ slot: Int, _ kind: ConnectionEvent.Kind, into observer: inout some CaptureObserver
  ) {
    observer.connection(
      ConnectionEvent(record: record.number, time: record.time, connection: links[slot].connection, kind: kind))
  }

  /// Tells what happened to the connection with that handle, if it is followed.
  private mutating func tell(
    _ record: CaptureRecord, _ handle: UInt16, _ kind: ConnectionEvent.Kind, into observer: inout some CaptureObserver
  ) {
    guard let slot = slot(record.controller, handle & 0xFFF), heads[slot].isAnnounced else { return }
    tell(record, slot, kind, into: &observer)
  }

  private func tell(_ record: CaptureRecord, _ kind: ControllerEvent.Kind, into observer: inout some CaptureObserver) {
    observer.controller(
      ControllerEvent(record: record.number, time: record.time, controller: record.controller, kind: kind))
  }

  private mutating func tellAddress(
    _ record: CaptureRecord, _ address: CapturedAddress, into observer: inout some CaptureObserver
  ) {
    guard address.number != 0, knowsController(record, into: &observer) else { return }
    guard controllers[record.controller]?.address != address else { return }
    controllers[record.controller]?.address = address
    tell(record, .address(address), into: &observer)
  }

  private mutating func end(
    _ slot: Int, _ record: CaptureRecord, _ kind: ConnectionEvent.Kind, into observer: inout some CaptureObserver
  ) {
    if heads[slot].isAnnounced {
      tellUnfinished(slot, record, into: &observer)
      tell(record, slot, kind, into: &observer)
    }
    free(slot)
  }

  private mutating func endAll(_ record: CaptureRecord, into observer: inout some CaptureObserver) {
    for slot in slots.values.sorted() where links[slot].connection.controller == record.controller {
      end(slot, record, .disconnected(reason: nil), into: &observer)
    }
  }

  /// The adapter's coming and going, as the Linux monitor tells it.
  mutating func controller(
    _ record: CaptureRecord, _ packet: RawSpan, into observer: inout some CaptureObserver
  ) {
    switch record.kind {
    case .controllerAdded:
      guard knowsController(record, into: &observer) else { return }
      tell(record, .added, into: &observer)
      if packet.byteCount >= 8 {
        tellAddress(record, CapturedAddress(packet, at: 2, isRandom: false), into: &observer)
      }
    case .controllerRemoved:
      endAll(record, into: &observer)
      tell(record, .removed, into: &observer)
    default: endAll(record, into: &observer)
    }
  }
}

extension CapturedAddress {
  /// Six bytes, least significant first.
  fileprivate init(_ bytes: RawSpan, at offset: Int, isRandom: Bool) {
    self.init(
      UInt64(bytes.little32(offset)) | UInt64(bytes.little16(offset &+ 4)) << 32, isRandom: isRandom)
  }
}

extension CapturedParameters {
  fileprivate init(_ bytes: RawSpan, at offset: Int) {
    self.init(
      interval: bytes.little16(offset), latency: bytes.little16(offset &+ 2), timeout: bytes.little16(offset &+ 4))
  }
}
