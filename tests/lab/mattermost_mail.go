// Sends mails with Go's net/smtp the way Mattermost does, stage by stage, and prints one JSON object per mail:
// when it began and ended, and the error as Mattermost would wrap it (empty: accepted).
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strconv"
	"time"
)

type settings struct {
	host, port, security, user, password, from string
}

type outcome struct {
	Started float64 `json:"started"`
	Ended   float64 `json:"ended"`
	Stage   string  `json:"stage"`
	Reason  string  `json:"reason"`
}

const serverTimeout = 10 * time.Second

// loginAuth is AUTH LOGIN, which net/smtp lacks.
type loginAuth struct{ user, password string }

func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("unencrypted connection")
	}
	return "LOGIN", []byte{}, nil
}

func (a *loginAuth) Next(prompt []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch string(prompt) {
	case "Username:":
		return []byte(a.user), nil
	case "Password:":
		return []byte(a.password), nil
	}
	return nil, errors.New("Unknown fromServer")
}

// chosenAuth takes PLAIN if it is offered, else LOGIN. The name it checks carries the port, so that
// net/smtp's exemption for localhost never applies.
type chosenAuth struct {
	smtp.Auth
	config settings
}

func (a *chosenAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	a.Auth = &loginAuth{a.config.user, a.config.password}
	for _, mechanism := range server.Auth {
		if mechanism == "PLAIN" {
			a.Auth = smtp.PlainAuth("", a.config.user, a.config.password, a.config.host+":"+a.config.port)
		}
	}
	return a.Auth.Start(server)
}

func dial(config settings) (net.Conn, string, error) {
	dialer := &net.Dialer{Timeout: serverTimeout}
	address := net.JoinHostPort(config.host, config.port)
	if config.security == "implicit" {
		conn, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{ServerName: config.host})
		return conn, "unable to connect to the SMTP server through TLS", err
	}
	conn, err := dialer.Dial("tcp", address)
	return conn, "unable to connect to the SMTP server", err
}

func greet(conn net.Conn, config settings) (*smtp.Client, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), serverTimeout)
	defer cancel()
	var client *smtp.Client
	var err error
	done := make(chan struct{})
	go func() {
		client, err = smtp.NewClient(conn, config.host+":"+config.port)
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, "unable to connect to the SMTP server", err
	}
	if err = client.Hello("chat.example.org"); err != nil {
		return nil, "unable to send hello message", err
	}
	if config.security == "starttls" || config.security == "starttls-always" {
		client.StartTLS(&tls.Config{ServerName: config.host}) // its error is dropped, as Mattermost drops it
	}
	if config.user != "" {
		if err = client.Auth(&chosenAuth{config: config}); err != nil {
			return nil, "authentication failed", err
		}
	}
	return client, "", nil
}

func send(config settings, recipient string) (string, error) {
	conn, stage, err := dial(config)
	if err != nil {
		return stage, err
	}
	defer conn.Close()
	client, stage, err := greet(conn, config)
	if err != nil {
		return stage, err
	}
	defer client.Quit()
	if err = client.Mail(config.from); err != nil {
		return "failed to set the from address", err
	}
	if err = client.Rcpt(recipient); err != nil {
		return "failed to set the to address", err
	}
	body, err := client.Data()
	if err != nil {
		return "failed to add email message data", err
	}
	if _, err = body.Write([]byte("Subject: Hello\r\n\r\nHello\r\n")); err != nil {
		return "failed to write the email message", err
	}
	if err = body.Close(); err != nil {
		return "failed to close connection to the SMTP server", err
	}
	return "", nil
}

func seconds() float64 { return float64(time.Now().UnixMicro()) / 1e6 }

func main() {
	config := settings{
		os.Getenv("SMTPSERVER"), os.Getenv("SMTPPORT"), os.Getenv("CONNECTIONSECURITY"),
		os.Getenv("SMTPUSERNAME"), os.Getenv("SMTPPASSWORD"), os.Getenv("FEEDBACKEMAIL"),
	}
	count, _ := strconv.Atoi(os.Args[1])
	for i := 0; i < count; i++ {
		result := outcome{Started: seconds()}
		stage, err := send(config, "ada@remote.example.net")
		if result.Ended = seconds(); err != nil {
			result.Stage, result.Reason = stage, err.Error()
		}
		line, _ := json.Marshal(result)
		fmt.Println(string(line))
		time.Sleep(120 * time.Millisecond)
	}
}
