//! Which user's program is at the other end of a connection within this machine.
//!
//! A loopback port is open to every user. Linux tells which user's program holds the other end
//! (`sock_diag(7)`); macOS and Windows tell that to nobody without special rights or unsafe code, so there it
//! stays unknown.

use std::net::SocketAddr;

/// The user at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectedUser {
    /// A program of this user, or of root, which may do everything anyway and relays for other machines (WSL,
    /// containers).
    Own,
    /// A program of the user with this id.
    Another(u32),
    /// The system does not tell.
    Unknown,
}

/// The owner of the end `theirs` of the connection whose other end is `ours`. Call it while the connection is
/// open.
pub fn of(theirs: SocketAddr, ours: SocketAddr) -> ConnectedUser {
    #[cfg(target_os = "linux")]
    {
        linux::of(theirs, ours)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (theirs, ours);
        ConnectedUser::Unknown
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::net::{IpAddr, SocketAddr};

    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
    };
    use rustix::process::geteuid;

    use super::ConnectedUser;

    /// Lengths of the structures of `linux/netlink.h` and `linux/inet_diag.h`.
    const HEADER: usize = 16;
    const REQUEST: usize = 56;
    const ANSWER: usize = 72;
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST: u16 = 1;
    const TCP: u8 = 6;
    const INET: u8 = 2;
    const INET6: u8 = 10;

    /// The user and the inode of a socket.
    pub(super) struct Holder {
        user: u32,
        inode: u32,
    }

    pub(super) fn of(theirs: SocketAddr, ours: SocketAddr) -> ConnectedUser {
        // Our own end certainly exists: a kernel that does not know it does not know the other one either.
        if !matches!(holder(ours, theirs), Ok(Some(own)) if own.inode != 0) {
            return ConnectedUser::Unknown;
        }
        match holder(theirs, ours) {
            // A socket without an inode was closed by its program, and its user is no longer known.
            Ok(Some(holder)) if holder.inode == 0 => ConnectedUser::Unknown,
            Ok(Some(holder)) if holder.user == 0 || holder.user == geteuid().as_raw() => ConnectedUser::Own,
            Ok(Some(holder)) => ConnectedUser::Another(holder.user),
            Ok(None) | Err(_) => ConnectedUser::Unknown,
        }
    }

    /// The owner of the socket at `near` that is connected to `far`; `None` if there is no such socket.
    fn holder(near: SocketAddr, far: SocketAddr) -> io::Result<Option<Holder>> {
        let kernel = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            Some(netlink::SOCK_DIAG),
        )?;
        // A socket of the other family may be connected to an address of this one: then it has a mapped
        // address.
        for &family in families(near) {
            send(&kernel, &request(family, near, far), SendFlags::empty())?;
            let mut answer = [0_u8; 512];
            // The kernel answers a query for one socket before the call returns.
            let (length, _) = recv(&kernel, &mut answer, RecvFlags::empty())?;
            if let Some(holder) = read(&answer[..length.min(answer.len())]) {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }

    fn families(near: SocketAddr) -> &'static [u8] {
        if near.is_ipv4() { &[INET, INET6] } else { &[INET6] }
    }

    /// `struct nlmsghdr` and `struct inet_diag_req_v2`.
    pub(super) fn request(family: u8, near: SocketAddr, far: SocketAddr) -> Vec<u8> {
        let mut message = Vec::with_capacity(HEADER + REQUEST);
        message.extend(u32::try_from(HEADER + REQUEST).unwrap_or_default().to_ne_bytes());
        message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        message.extend(NLM_F_REQUEST.to_ne_bytes());
        message.extend([0; 8]);
        message.extend([family, TCP, 0, 0]);
        // In any state.
        message.extend(u32::MAX.to_ne_bytes());
        message.extend(near.port().to_be_bytes());
        message.extend(far.port().to_be_bytes());
        for address in [near.ip(), far.ip()] {
            let bytes = match (family, address) {
                (INET, IpAddr::V4(address)) => {
                    let mut bytes = [0; 16];
                    bytes[..4].copy_from_slice(&address.octets());
                    bytes
                }
                (_, IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
                (_, IpAddr::V6(address)) => address.octets(),
            };
            message.extend(bytes);
        }
        // Of any interface, with any cookie.
        message.extend([0; 4]);
        message.extend([u8::MAX; 8]);
        message
    }

    /// The holder in an answer: `struct nlmsghdr`, `struct inet_diag_msg`. Anything else is a kernel error.
    pub(super) fn read(answer: &[u8]) -> Option<Holder> {
        let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
        let body = answer.get(HEADER..HEADER + ANSWER).filter(|_| kind == SOCK_DIAG_BY_FAMILY)?;
        let number = |at: usize| Some(u32::from_ne_bytes(body.get(at..at + 4)?.try_into().ok()?));
        Some(Holder { user: number(64)?, inode: number(68)? })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn own_connections_are_recognized_at_every_local_address() {
        for (bound, address) in [("127.0.0.1:0", "127.0.0.1"), ("[::]:0", "127.0.0.1"), ("[::1]:0", "::1")] {
            let Ok(listener) = TcpListener::bind(bound) else { continue };
            let port = listener.local_addr().unwrap().port();
            let client = TcpStream::connect((address, port)).unwrap();
            let (server, _) = listener.accept().unwrap();
            let near = client.local_addr().unwrap();
            let far = client.peer_addr().unwrap();
            assert_eq!(of(near, far), ConnectedUser::Own, "{bound}");
            drop(server);
        }
    }

    #[test]
    fn a_closed_or_missing_connection_end_has_no_known_user() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, theirs) = listener.accept().unwrap();
        let ours = server.local_addr().unwrap();
        assert_eq!(of(theirs, ours), ConnectedUser::Own);
        drop(client);
        assert_eq!(of(theirs, ours), ConnectedUser::Unknown, "root's number stands at a closed socket");
        assert_eq!(of("127.0.0.1:1".parse().unwrap(), ours), ConnectedUser::Unknown);
    }

    #[test]
    fn truncated_or_unexpected_kernel_answers_name_no_user() {
        let mut answer = [0_u8; 88];
        answer[4..6].copy_from_slice(&20_u16.to_ne_bytes());
        assert!(linux::read(&answer).is_some());
        for length in 0..answer.len() {
            assert!(linux::read(&answer[..length]).is_none());
        }
        answer[4..6].copy_from_slice(&2_u16.to_ne_bytes());
        assert!(linux::read(&answer).is_none());
    }
}
