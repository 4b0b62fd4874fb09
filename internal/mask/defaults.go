package mask

// Default are patterns of secrets whose shape is well known: tokens with a prefix
// of their own, and what stands where only secrets stand.
var Default = []string{
	`\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b`,                                            // AWS access keys
	`\bgh[pousr]_[A-Za-z0-9]{36,255}\b`,                                                  // GitHub
	`\bgithub_pat_[A-Za-z0-9_]{22,255}\b`,                                                // GitHub, fine-grained
	`\bgl(?:pat|dt|rt|cbt|ptt|oas)-[A-Za-z0-9_-]{20,}`,                                   // GitLab
	`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`,                                                   // Slack
	`\bxapp-[0-9]-[A-Za-z0-9-]{10,}`,                                                     // Slack, of apps
	`https://hooks\.slack\.com/services/(\S+)`,                                           // Slack, to write to a channel
	`\bsk-[A-Za-z0-9_-]{20,}`,                                                            // OpenAI, Anthropic and others
	`\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}`,                                             // Stripe
	`\bAIza[A-Za-z0-9_-]{35}`,                                                            // Google API keys
	`\bya29\.[A-Za-z0-9_-]{20,}`,                                                         // Google OAuth
	`\bnpm_[A-Za-z0-9]{36}\b`,                                                            // npm
	`\bpypi-[A-Za-z0-9_-]{50,}`,                                                          // PyPI
	`\bhf_[A-Za-z0-9]{30,}`,                                                              // Hugging Face
	`\bdo[opr]_v1_[a-f0-9]{64}\b`,                                                        // DigitalOcean
	`\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`,                                       // SendGrid
	`\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b`,                                                   // age
	`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`,                       // JSON web tokens
	`(?i)\bauthorization:\s*(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{8,})`,           // HTTP headers
	`\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:([^\s/@]+)@`,                                  // passwords in URLs
	`\b[A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY)[A-Z0-9_]*=["']?([^\s"']{6,})`, // variables
	`\baws_(?:secret_access_key|session_token)\s*=\s*(\S{16,})`,                          // ~/.aws/credentials
}
