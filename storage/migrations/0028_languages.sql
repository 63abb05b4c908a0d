-- /latest of a language that little is in
CREATE INDEX article_language ON article (language, published_at);
