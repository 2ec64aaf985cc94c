//! What the web application is asked, and what comes of its answers.

use super::check;

#[test]
fn a_queue_comes_to_be_when_both_questions_are_answered() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /asked/1 sub=5
        2 g1 1 2 subscribe /asked/1 sub=5 ask
        3 g1 1 2 subscribe /asked/1 sub=5 ask ok=create_queue
        4 g1 1 2 subscribe /asked/1 sub=5 ask ok=create_queue ok=subscribe
        5 g1 1 3 subscribe /asked/1 sub=5 prefix=a
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=14
        2: g1 answer 1 ask create_queue
        3: g1 answer 1 ask subscribe
        4: g1 answer 1 op=2 status=0
        4: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        5: g1 answer 1 op=3 status=0 seq=1
        5: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        ",
    );
}

#[test]
fn a_no_is_remembered_and_leaves_no_queue() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /asked/1 sub=5 ask no=create_queue,7
        2 g1 1 1 subscribe /asked/1 sub=5 ask
        3 g1 1 2 subscribe /asked/1 sub=5 ask ok=create_queue no=subscribe,5
        4 g1 1 2 subscribe /asked/1 sub=5 ask ok=create_queue ok=subscribe
        5 g1 request 1 get /asked/1
        6 g1 request 2 create /asked/1
        7 g1 1 3 subscribe /asked/1 sub=5 ask no=subscribe,99
        7 g1 1 3 subscribe /asked/1 sub=5 ask
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=7
        2: g1 answer 1 op=1 status=7
        3: g1 answer 1 op=2 status=5
        4: g1 answer 1 op=2 status=5
        5: g1 reply 1 op=0 status=5
        6: g1 reply 2 op=0 status=0
        7: g1 answer 1 op=3 status=7
        7: g1 answer 1 op=3 status=7
        ",
    );
}

#[test]
fn what_is_sent_is_asked_about_and_may_be_changed() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 request 1 create /asked/1
        1 g1 1 1 send /asked/1 chat rude
        2 g1 1 1 send /asked/1 chat rude ask
        3 g1 1 1 send /asked/1 chat rude ask say=send_message,polite
        4 g1 1 1 send /asked/1 chat rude ask
        5 g1 1 2 send /asked/1 chat rude no=send_message,7
        5 g1 1 2 send /asked/1 chat rude ok=send_message
        6 g1 1 3 set /asked/1 a=1 ask
        6 g1 1 3 set /asked/1 a=1 ask ok=send_state
        7 g1 1 4 send /asked/1 nowhere hm ask
        8 g1 request 2 send /asked/1 chat own
        9 g1 1 5 subscribe /asked/1 sub=5 ok=subscribe history=9
        ----
        0: g1 logged_in 1 0 4
        0: g1 reply 1 op=0 status=0
        1: g1 answer 1 op=1 status=14
        2: g1 answer 1 ask send_message
        3: g1 answer 1 op=1 status=0 seq=1
        4: g1 answer 1 op=1 status=0 seq=1
        5: g1 answer 1 op=2 status=7
        5: g1 answer 1 op=2 status=7
        6: g1 answer 1 ask send_state
        6: g1 answer 1 op=3 status=0 seq=2
        7: g1 answer 1 op=4 status=5
        8: g1 reply 2 op=0 status=0 seq=3
        9: g1 answer 1 op=5 status=0 seq=3
        9: g1 subscribed 1 5 e1 #4 [chat=4,members=4,scores=4] a=1v2 ann +2
        9: g1 history 1 5 #1 chat ann:polite
        9: g1 history 1 5 #3 chat :own
        ",
    );
}

#[test]
fn everything_is_decided_anew_with_the_verdict() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 request 1 create /asked/1
        1 g1 1 1 send /asked/1 chat hi ask
        2 g1 request 2 delete /asked/1
        3 g1 1 1 send /asked/1 chat hi ask ok=send_message
        4 g1 1 2 subscribe /asked/1 sub=5 ask ok=subscribe
        ----
        0: g1 logged_in 1 0 4
        0: g1 reply 1 op=0 status=0
        1: g1 answer 1 ask send_message
        2: g1 reply 2 op=0 status=0
        3: g1 answer 1 op=1 status=5
        4: g1 answer 1 ask create_queue
        ",
    );
}

/// The class of the queue that it names says whether anybody answers.
#[test]
fn a_call_may_name_a_queue() {
    check(
        "
        0 g1 up
        0 g1 introduce 2 ann
        0 g1 login 2 ann
        1 g1 2 1 call /user/ann buy 3 ask in=/asked/1
        2 g1 2 1 call /user/ann buy 3 ask in=/asked/1 say=call,97
        3 g1 2 2 call /user/ann buy 3 ask in=/room/1
        4 g1 2 3 call /user/ann buy 3 ask in=/none
        5 g1 2 4 call /user/ann buy 3 ask in=/user/tim
        6 g1 2 5 call /user/ann buy 3 ask
        ----
        0: g1 logged_in 2 0 4
        1: g1 answer 2 ask call
        2: g1 answer 2 op=1 status=0 97
        3: g1 answer 2 op=2 status=12
        4: g1 answer 2 op=3 status=5
        5: g1 answer 2 ask call
        6: g1 answer 2 op=5 status=12
        ",
    );
}

#[test]
fn a_call_is_the_application_s_to_answer() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 tim
        0 g1 login 1 tim
        0 g1 introduce 2 ann
        0 g1 login 2 ann
        1 g1 1 1 call /user/tim buy 3
        2 g1 1 1 call /user/tim buy 3 ask
        3 g1 1 1 call /user/tim buy 3 ask say=call,97
        4 g1 1 1 call /user/tim buy 3 ask
        5 g1 1 2 call /user/tim buy 4 ask no=call,9
        5 g1 1 2 call /user/tim buy 4 ask
        6 g1 2 1 call /user/ann buy 3 ask
        7 g1 introduce 3 tim gen=1
        7 g1 3 1 call /user/tim buy 3 ask
        8 g1 lost 1 tim bye
        9 g1 1 1 call /user/tim buy 3 ask
        9 g1 1 3 call /user/tim buy 3 ask
        ----
        0: g1 logged_in 1 0 5
        0: g1 logged_in 2 0 4
        0: g1 tell 1 app queue_created /user/tim e1 #3
        0: g1 tell 2 app user_online /user/tim e1 #7 tim gen=5
        0: g1 tell 3 app joined /user/tim e1 #8 tim gen=5
        0: g1 tell 4 app queue_first_join /user/tim e1 #9
        1: g1 answer 1 op=1 status=14
        2: g1 answer 1 ask call
        3: g1 answer 1 op=1 status=0 97
        4: g1 answer 1 op=1 status=0 97
        5: g1 answer 1 op=2 status=9
        5: g1 answer 1 op=2 status=9
        6: g1 answer 2 op=1 status=12
        7: g1 kick 3 3002 gen=1
        7: g1 answer 3 op=1 status=16
        8: g1 lost_noted 1
        8: g1 tell 5 app closed /user/tim e1 #15 tim gen=5 (3000)
        8: g1 tell 6 app user_offline /user/tim e1 #16 tim gen=5 (bye)
        8: g1 tell 7 app left /user/tim e1 #18 tim gen=5 (bye)
        8: g1 tell 8 app queue_last_leave /user/tim e1 #19
        9: g1 answer 1 op=1 status=0 97
        9: g1 answer 1 op=3 status=16
        ",
    );
}

#[test]
fn a_long_answer_of_a_call_is_not_remembered() {
    let answer = "x".repeat(300);
    check(&format!(
        "
        0 g1 up
        0 g1 introduce 1 tim
        0 g1 login 1 tim
        1 g1 1 1 call /user/tim look 3 ask say=call,{answer}
        2 g1 1 1 call /user/tim look 3 ask
        ----
        0: g1 logged_in 1 0 5
        0: g1 tell 1 app queue_created /user/tim e1 #3
        0: g1 tell 2 app user_online /user/tim e1 #7 tim gen=5
        0: g1 tell 3 app joined /user/tim e1 #8 tim gen=5
        0: g1 tell 4 app queue_first_join /user/tim e1 #9
        1: g1 answer 1 op=1 status=0 {answer}
        2: g1 answer 1 op=1 status=2
        "
    ));
}
